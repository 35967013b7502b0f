using System.Collections;
using System.Management.Automation;
using SyncModule.Engine.Profiles;

namespace SyncModule.Commands.Completion;

/// <summary>Names of the devices of a vault, this one included.</summary>
internal sealed class DeviceNameCompleter : UnlockedVaultCompleter
{
    protected override IEnumerable<CompletionResult> Complete(KnownVault known, VaultLease lease, string word, IDictionary bound) =>
        lease.Vault.Members.Select(lease.Vault.DeviceName).Distinct(StringComparer.Ordinal).Order(StringComparer.OrdinalIgnoreCase)
            .Where(d => Completions.Matches(d, word)).Select(d => Completions.Of(d, d));
}
