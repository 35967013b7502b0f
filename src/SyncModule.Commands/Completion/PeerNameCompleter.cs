using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using SyncModule.Commands.Peers;
using SyncModule.Engine.Profiles;

namespace SyncModule.Commands.Completion;

/// <summary>Names of peers, of a vault that is unlocked, with and without an address; never asks the network.</summary>
internal sealed class PeerNameCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        try
        {
            if (ItemNameCompleter.Vaults(fakeBoundParameters) is not { } known) return [];
            using var lease = OpenVaults.OfProcess.Peek(known.Path);
            if (lease is null) return [];
            return [.. PeerObjects.All(new(known, lease), includeSelf: false)
                .Where(p => Completions.Matches(p.Name, wordToComplete)).Select(p => Completions.Of(p.Name, p.Address.Count == 0 ? $"{p.Name}: no address" : $"{p.Name}: {string.Join(' ', p.Address)}"))];
        }
        catch (SyncException)
        {
            return []; // A completion never complains.
        }
    }
}
