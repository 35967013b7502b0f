using System.CommandLine;
using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

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
        var table = new TextTable("version", ">bytes", "written", "device", "state", "why");
        foreach (var (version, state, why) in ItemHistory.Of(vault, collection, key))
        {
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

    private static string Word(VersionState state) => state switch { VersionState.Active => "active", VersionState.Competing => "competing", _ => "replaced" };
}
