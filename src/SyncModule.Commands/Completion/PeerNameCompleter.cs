using System.Collections;
using System.Management.Automation;
using SyncModule.Commands.Peers;
using SyncModule.Engine.Profiles;

namespace SyncModule.Commands.Completion;

/// <summary>Names of peers, with and without an address; never asks the network.</summary>
internal sealed class PeerNameCompleter : UnlockedVaultCompleter
{
    protected override IEnumerable<CompletionResult> Complete(KnownVault known, VaultLease lease, string word, IDictionary bound) =>
        PeerObjects.All(new(known, lease), includeSelf: false)
            .Where(p => Completions.Matches(p.Name, word)).Select(p => Completions.Of(p.Name, p.Address.Count == 0 ? $"{p.Name}: no address" : $"{p.Name}: {string.Join(' ', p.Address)}"));
}
