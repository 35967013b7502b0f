using System.CommandLine;
using SyncModule.Daemon.Output;

namespace SyncModule.Daemon.CommandLine;

/// <summary>One run of a command: what was typed, where results go, and whether a person wants it to end.</summary>
internal sealed class CommandRun(ParseResult parsed, bool json, CancellationToken cancellation)
{
    public ResultWriter Output { get; } = new(json);

    public bool IsJson => json;

    public CancellationToken Cancellation => cancellation;

    public T? Get<T>(Option<T> option) => parsed.GetValue(option);

    public T Get<T>(Argument<T> argument) => parsed.GetRequiredValue(argument);

    /// <summary>The value, or the default where the argument may be left out.</summary>
    public T? GetOptional<T>(Argument<T> argument) => parsed.GetValue(argument);

    public bool IsGiven(Option option) => parsed.GetResult(option) is { Implicit: false };
}
