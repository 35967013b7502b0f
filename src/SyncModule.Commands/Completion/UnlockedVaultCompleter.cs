using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using SyncModule.Engine.Profiles;

namespace SyncModule.Commands.Completion;

/// <summary>What is completed from the content of a vault: the one that is named on the line, else the default, and only when it is unlocked. A locked one is never opened for a completion.</summary>
internal abstract class UnlockedVaultCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        try
        {
            if (VaultOf(fakeBoundParameters) is not { } known) return [];
            using var lease = OpenVaults.OfProcess.Peek(known.Path);
            return lease is null ? [] : [.. Complete(known, lease, wordToComplete, fakeBoundParameters)]; // all of it while the lease lasts
        }
        catch (SyncException)
        {
            return []; // A completion never complains.
        }
    }

    /// <param name="bound">The parameters that stand on the line already.</param>
    protected abstract IEnumerable<CompletionResult> Complete(KnownVault known, VaultLease lease, string word, IDictionary bound);

    private static KnownVault? VaultOf(IDictionary bound)
    {
        var list = KnownVaults.OfUser;
        string? named = (bound["Vault"] ?? bound["VaultName"])?.ToString() ?? Vaults.Unlocking.Variable(Vaults.VaultChoice.Variable);
        if (named is null) return list.Default;
        return list.Find(named) ?? (Directory.Exists(named) ? new KnownVault(named, named, KeyFile: null, IsDefault: false) : null);
    }
}
