using System.CommandLine;
using SyncModule.Core.Merging;
using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>What has become of a version.</summary>
internal enum VersionState
{
    /// <summary>It shows.</summary>
    Active,

    /// <summary>Present, but another one shows.</summary>
    Competing,

    Replaced,
}

/// <summary>history VAULT KEY: all versions, which one is active, and why.</summary>
internal sealed class HistoryCommand : VaultCommand
{
    private readonly Argument<string> _key = ItemArguments.Key();
    private readonly Option<string> _collection = ItemArguments.Collection();

    public HistoryCommand()
        : base("history", "List all versions of an item, newest first.", "mirord history ~/vault notes/todo --key-file ~/vault.key")
    {
        Arguments.Add(_key);
        Options.Add(_collection);
    }

    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        string collection = ItemName.Check(run.Get(_collection)!), key = ItemName.Check(run.Get(_key));
        var versions = vault.History(collection, key);
        var record = vault.MergeRecords().LastOrDefault(r => r.Collection == collection && r.Key == key && r.Path.Length == 0);
        var table = new TextTable("version", ">bytes", "written", "device", "state", "why");
        foreach (var version in versions)
        {
            var state = version.IsActive ? VersionState.Active : version.IsPresent ? VersionState.Competing : VersionState.Replaced;
            string why = Why(vault, version, state, versions, record);
            run.Output.Record(new
            {
                id = version.VersionId,
                key,
                collection,
                bytes = version.Bytes,
                modified = version.Timestamp.ToDateTimeOffset(),
                device = vault.DeviceName(version.Device),
                deviceId = version.Device.ToString(),
                deleted = !version.Alive,
                state,
                why,
            });
            table.Add(version.VersionId, version.Alive ? Human.Bytes(version.Bytes) : "deletion", Human.Time(version.Timestamp.ToDateTimeOffset()), vault.DeviceName(version.Device), Word(state), why);
        }

        run.Output.Table(table);
        return Task.FromResult(ExitCode.Ok);
    }

    // The record's reason explains a decision; without one nothing ever competed with this version.
    private static string Why(Vault vault, ItemVersion version, VersionState state, IReadOnlyList<ItemVersion> versions, MergeRecord? record) => state switch
    {
        VersionState.Active when record is not null && record.Winner == version.Dot => Explanation.Reason(record, vault.DeviceName),
        VersionState.Active => version.Replaces.Count > 0 ? "the latest" : "the only one",
        VersionState.Competing => record is { State: MergeState.Open } ? "the active one was " + Explanation.Reason(record, vault.DeviceName) : "says the same as the active one",
        _ => versions.FirstOrDefault(v => v.Replaces.Contains(version.Dot)) is { } by ? "replaced by " + by.VersionId : "replaced",
    };

    private static string Word(VersionState state) => state switch { VersionState.Active => "active", VersionState.Competing => "competing", _ => "replaced" };
}
