using System.CommandLine;

namespace SyncModule.Daemon.CommandLine;

/// <summary>One command: its words, an example for <c>--help</c>, and what it runs. Commands hold no rules; each calls one engine operation.</summary>
internal abstract class MirorCommand : Command
{
    /// <param name="name">As typed.</param>
    /// <param name="description">One sentence, shown in the list of commands.</param>
    /// <param name="examples">Whole command lines.</param>
    protected MirorCommand(string name, string description, params string[] examples)
        : base(name, description)
    {
        Examples = examples;
        Json = new Option<bool>("--json") { Description = "One JSON object per line on standard output, nothing else." };
        SetAction((parsed, cancellation) => RunAsync(new CommandRun(parsed, parsed.GetValue(Json), cancellation)));
    }

    public IReadOnlyList<string> Examples { get; }

    protected Option<bool> Json { get; }

    /// <summary>Gives the exit code; failures are thrown.</summary>
    protected abstract Task<int> RunAsync(CommandRun run);

    /// <summary>Options that every command has come last in help.</summary>
    protected virtual void AddCommonOptions() => Options.Add(Json);

    /// <summary>Called once, when the tree is built.</summary>
    internal MirorCommand Complete()
    {
        AddCommonOptions();
        return this;
    }
}
