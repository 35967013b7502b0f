using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using SyncModule.Engine.Profiles;

namespace SyncModule.Commands.Completion;

/// <summary>Names of the devices of a vault that is unlocked, this one included.</summary>
internal sealed class DeviceNameCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        try
        {
            if (ItemNameCompleter.Vaults(fakeBoundParameters) is not { } known) return [];
            using var lease = OpenVaults.OfProcess.Peek(known.Path);
            if (lease is null) return [];
            var vault = lease.Vault;
            return [.. vault.Members.Select(vault.DeviceName).Distinct(StringComparer.Ordinal).Order(StringComparer.OrdinalIgnoreCase)
                .Where(d => Completions.Matches(d, wordToComplete)).Select(d => Completions.Of(d, d))];
        }
        catch (SyncException)
        {
            return []; // A completion never complains.
        }
    }
}
