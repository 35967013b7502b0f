using System.Management.Automation;
using SyncModule.Commands.Items;
using SyncModule.Commands.Names;
using SyncModule.Commands.Syncing;
using SyncModule.Commands.Transactions;
using SyncModule.Commands.Vaults;
using SyncModule.Core.Merging;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Merging;

/// <summary>Get-SyncMerge: what was decided about versions that were written apart. Read from the vault, so it is the same on every machine.</summary>
[Cmdlet(VerbsCommon.Get, "SyncMerge", DefaultParameterSetName = NameSet)]
[OutputType(typeof(SyncMerge))]
public sealed class GetSyncMergeCommand : ItemCmdlet
{
    // Two sets, because a summary from the pipeline would be taken for a name.
    private const string NameSet = "Name", SessionSet = "Session";

    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [Parameter(Position = 0, ParameterSetName = SessionSet)]
    [Alias("Key")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.ItemNameCompleter))]
    public string[] Name { get; set; } = ["*"];

    [Parameter]
    public SyncMergeState[]? State { get; set; }

    [Parameter]
    public SyncMergeRule[]? Rule { get; set; }

    /// <summary>Of a device that wrote one of the versions.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.DeviceNameCompleter))]
    public string? Device { get; set; }

    [Parameter]
    public DateTime? Since { get; set; }

    /// <summary>Of one round of this process: the Session of its summary.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = SessionSet)]
    [ValidateNotNullOrEmpty]
    public string? Session { get; set; }

    private protected override TransactionUse InTransaction => TransactionUse.Beside;

    protected override void Process()
    {
        var open = Open();
        var session = Session is null ? null : SyncSessions.Find(Session) ?? throw SyncErrors.UsageWrong.With($"This process has no session '{Session}'; a session is known where it ran, among the last hundred");
        var device = Device is null ? null : NamePattern.Of(Device);
        bool all = !MyInvocation.BoundParameters.ContainsKey(nameof(Collection));
        var records = open.Vault.MergeRecords().Where(r => all || r.Collection == Collection).ToList();
        // One at a time, and each record once, however many of the names it fits.
        var named = new HashSet<MergeRecord>();
        foreach (string name in Name) Try(name, () => named.UnionWith(Find(open, records, name, all)));
        foreach (var record in records.Where(named.Contains))
        {
            if (session is not null && !session.Contains(record.Id.ToString())) continue;
            var merge = MergeObjects.Of(open.Vault, open.Name, record);
            if (State is not null && !State.Contains(merge.State)) continue;
            if (Rule is not null && !Rule.Contains(merge.Rule)) continue;
            if (Since is { } since && merge.At < since) continue;
            if (device is not null && !merge.Versions.Any(v => device.IsMatch(v.Device))) continue;
            WriteObject(merge);
        }
    }

    // An item without merges is no error; a name that no item has is.
    private IReadOnlyList<MergeRecord> Find(OpenVault open, IReadOnlyList<MergeRecord> records, string name, bool everywhere)
    {
        var found = NamePattern.Select(records, r => r.Key, ItemName.Check(name));
        if (found.Count > 0 || NamePattern.HasWildcards(name)) return found;
        string literal = NamePattern.Unescaped(name);
        bool isThere = open.Vault.Items().Any(i => (everywhere || i.Collection == Collection) && string.Equals(i.Key, literal, StringComparison.OrdinalIgnoreCase));
        return isThere ? found : throw SyncErrors.ItemNotFound.With($"There is no item '{name}'");
    }
}
