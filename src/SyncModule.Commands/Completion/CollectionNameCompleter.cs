using System.Collections;
using System.Management.Automation;
using SyncModule.Engine.Profiles;

namespace SyncModule.Commands.Completion;

/// <summary>Names of the collections that have items.</summary>
internal sealed class CollectionNameCompleter : UnlockedVaultCompleter
{
    protected override IEnumerable<CompletionResult> Complete(KnownVault known, VaultLease lease, string word, IDictionary bound) =>
        lease.Vault.Items().Select(i => i.Collection).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Where(c => Completions.Matches(c, word)).Select(c => Completions.Of(c, c));
}
