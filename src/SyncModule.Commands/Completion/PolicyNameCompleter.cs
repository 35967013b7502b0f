using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Completion;

/// <summary>Names of the policies that a collection can have.</summary>
internal sealed class PolicyNameCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        PolicyChange.Names.Where(n => Completions.Matches(n, wordToComplete)).Select(n => Completions.Of(n, n));
}
