using System.Collections;
using System.Management.Automation;
using SyncModule.Engine.Profiles;

namespace SyncModule.Commands.Completion;

/// <summary>Names of the collections that have items or a policy.</summary>
internal sealed class CollectionNameCompleter : UnlockedVaultCompleter
{
    protected override IEnumerable<CompletionResult> Complete(KnownVault known, VaultLease lease, string word, IDictionary bound) =>
        lease.Vault.CollectionNames().Where(c => Completions.Matches(c, word)).Select(c => Completions.Of(c, c));
}
