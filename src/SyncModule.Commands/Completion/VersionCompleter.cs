using System.Collections;
using System.Management.Automation;
using SyncModule.Commands.Items;
using SyncModule.Engine.Profiles;

namespace SyncModule.Commands.Completion;

/// <summary>Versions of the item that is named already, newest first.</summary>
internal sealed class VersionCompleter : UnlockedVaultCompleter
{
    protected override IEnumerable<CompletionResult> Complete(KnownVault known, VaultLease lease, string word, IDictionary bound)
    {
        if (bound["Name"]?.ToString() is not { } name) return [];
        string collection = bound["Collection"] as string ?? ItemCmdlet.DefaultCollection;
        return lease.Vault.History(collection, name).Where(v => Completions.Matches(v.VersionId, word))
            .Select(v => Completions.Of(v.VersionId, $"{v.Timestamp.ToDateTimeOffset().ToLocalTime():g} {lease.Vault.DeviceName(v.Device)}"));
    }
}
