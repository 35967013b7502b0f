using System.Collections;
using System.Management.Automation;
using SyncModule.Commands.Items;
using SyncModule.Engine.Profiles;

namespace SyncModule.Commands.Completion;

/// <summary>Names of items.</summary>
internal sealed class ItemNameCompleter : UnlockedVaultCompleter
{
    private const int MostResults = 1000;

    protected override IEnumerable<CompletionResult> Complete(KnownVault known, VaultLease lease, string word, IDictionary bound)
    {
        string collection = bound["Collection"] as string ?? ItemCmdlet.DefaultCollection;
        return lease.Vault.ItemsAgain().Of(collection, fits: key => Completions.Matches(key, word)).Take(MostResults).Select(i => Completions.Of(i.Key, i.Key));
    }
}
