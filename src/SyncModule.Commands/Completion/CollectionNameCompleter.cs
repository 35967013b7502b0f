using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using SyncModule.Engine.Profiles;

namespace SyncModule.Commands.Completion;

/// <summary>Names of the collections that have items, of a vault that is unlocked.</summary>
internal sealed class CollectionNameCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        try
        {
            if (ItemNameCompleter.Vaults(fakeBoundParameters) is not { } known) return [];
            using var lease = OpenVaults.OfProcess.Peek(known.Path);
            if (lease is null) return [];
            var vault = lease.Vault;
            return [.. vault.Items().Select(i => i.Collection).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
                .Where(c => Completions.Matches(c, wordToComplete)).Select(c => Completions.Of(c, c))];
        }
        catch (SyncException)
        {
            return []; // A completion never complains.
        }
    }
}
