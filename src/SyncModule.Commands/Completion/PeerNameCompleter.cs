using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Profiles;

namespace SyncModule.Commands.Completion;

/// <summary>Names of peers, of a vault that is unlocked; never asks the network.</summary>
internal sealed class PeerNameCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        try
        {
            if (ItemNameCompleter.Vaults(fakeBoundParameters) is not { } known) return [];
            using var lease = OpenVaults.OfProcess.Peek(known.Path);
            if (lease is null) return [];
            return [.. new PeerBook(lease.Vault).List().Where(p => Completions.Matches(p.Name, wordToComplete)).Select(p => Completions.Of(p.Name, $"{p.Name}: {string.Join(' ', p.Addresses)}"))];
        }
        catch (SyncException)
        {
            return []; // A completion never complains.
        }
    }
}
