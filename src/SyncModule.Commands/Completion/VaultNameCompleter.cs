using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using SyncModule.Engine.Profiles;

namespace SyncModule.Commands.Completion;

/// <summary>Names of vaults.json, the default first.</summary>
internal sealed class VaultNameCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        try
        {
            return [.. KnownVaults.OfUser.List().OrderByDescending(v => v.IsDefault)
                .Where(v => Completions.Matches(v.Name, wordToComplete)).Select(v => Completions.Of(v.Name, $"{v.Name}: {v.Path}"))];
        }
        catch (SyncException)
        {
            return []; // A completion never complains.
        }
    }
}
