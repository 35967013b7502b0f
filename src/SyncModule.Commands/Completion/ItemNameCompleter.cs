using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using SyncModule.Commands.Items;
using SyncModule.Engine.Profiles;

namespace SyncModule.Commands.Completion;

/// <summary>Names of items, of a vault that is unlocked; a locked one is never opened for a completion.</summary>
internal sealed class ItemNameCompleter : IArgumentCompleter
{
    private const int MostResults = 1000;

    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        try
        {
            if (Vaults(fakeBoundParameters) is not { } known) return [];
            using var lease = OpenVaults.OfProcess.Peek(known.Path);
            if (lease is null) return [];
            string collection = fakeBoundParameters["Collection"] as string ?? ItemCmdlet.DefaultCollection;
            return [.. lease.Vault.ItemsAgain().Of(collection, fits: key => Completions.Matches(key, wordToComplete)).Take(MostResults).Select(i => Completions.Of(i.Key, i.Key))];
        }
        catch (SyncException)
        {
            return []; // A completion never complains.
        }
    }

    internal static KnownVault? Vaults(IDictionary bound)
    {
        var list = KnownVaults.OfUser;
        string? named = (bound["Vault"] ?? bound["VaultName"])?.ToString() ?? Commands.Vaults.Unlocking.Variable(Commands.Vaults.VaultChoice.Variable);
        if (named is null) return list.Default;
        return list.Find(named) ?? (Directory.Exists(named) ? new KnownVault(named, named, KeyFile: null, IsDefault: false) : null);
    }
}
