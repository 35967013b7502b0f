using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using SyncModule.Commands.Items;
using SyncModule.Engine.Profiles;

namespace SyncModule.Commands.Completion;

/// <summary>Versions of the item that is named already, newest first.</summary>
internal sealed class VersionCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        try
        {
            if (fakeBoundParameters["Name"]?.ToString() is not { } name || ItemNameCompleter.Vaults(fakeBoundParameters) is not { } known) return [];
            using var lease = OpenVaults.OfProcess.Peek(known.Path);
            if (lease is null) return [];
            var vault = lease.Vault;
            string collection = fakeBoundParameters["Collection"] as string ?? ItemCmdlet.DefaultCollection;
            return [.. vault.History(collection, name).Where(v => Completions.Matches(v.VersionId, wordToComplete))
                .Select(v => Completions.Of(v.VersionId, $"{v.Timestamp.ToDateTimeOffset().ToLocalTime():g} {vault.DeviceName(v.Device)}"))];
        }
        catch (SyncException)
        {
            return []; // A completion never complains.
        }
    }
}
