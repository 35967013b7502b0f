using System.CommandLine;

namespace SyncModule.Daemon.CommandLine;

/// <summary>Turns what the parser found wrong into one error line.</summary>
internal static class UsageErrors
{
    public static CommandFailure Of(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        string help = command is RootCommand ? "See mirord --help" : $"See {PathOf(command)} --help";
        return new CommandFailure(SyncErrors.UsageWrong, Describe(parsed, command), help);
    }

    // What was typed is repeated only where it cannot be a secret: option names, and words in the place of a command. An invite or a
    // passphrase in a wrong place must not reach a log.
    private static string Describe(ParseResult parsed, Command command)
    {
        if (parsed.UnmatchedTokens.Count > 0)
        {
            string token = parsed.UnmatchedTokens[0];
            if (token.Length > 1 && token[0] == '-') return $"'{token.Split('=', ':')[0]}' is no option of {PathOf(command)}";
            if (command.Subcommands.Count > 0) return token.Length <= 20 ? $"'{token}' is no command of {PathOf(command)}" : $"{PathOf(command)} has no such command";
            return $"{PathOf(command)} takes fewer arguments";
        }

        var error = parsed.Errors[0];
        if (command is RootCommand && parsed.Tokens.Count == 0) return "No command was given";
        return error.Message.TrimEnd('.', ' ');
    }

    private static string PathOf(Command command) =>
        command is RootCommand ? "mirord" : (command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? PathOf(parent) : "mirord") + " " + command.Name;
}
