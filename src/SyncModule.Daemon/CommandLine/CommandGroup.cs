using System.CommandLine;

namespace SyncModule.Daemon.CommandLine;

/// <summary>A word with commands below it, for example <c>peer add</c>.</summary>
internal sealed class CommandGroup : Command
{
    public CommandGroup(string name, string description, params MirorCommand[] commands)
        : base(name, description)
    {
        foreach (var command in commands) Subcommands.Add(command.Complete());
    }
}
