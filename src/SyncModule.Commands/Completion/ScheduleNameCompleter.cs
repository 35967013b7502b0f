using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace SyncModule.Commands.Completion;

/// <summary>Names of this user's schedules; asks no scheduler.</summary>
internal sealed class ScheduleNameCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        try
        {
            return [.. Engine.Scheduling.Schedules.OfUser().Names().Where(n => Completions.Matches(n, wordToComplete)).Select(n => Completions.Of(n, n))];
        }
        catch (SyncException)
        {
            return []; // A completion never complains.
        }
    }
}
