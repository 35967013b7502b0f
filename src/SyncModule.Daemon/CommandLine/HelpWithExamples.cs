using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace SyncModule.Daemon.CommandLine;

/// <summary>The usual help, then examples that can be typed as they stand.</summary>
internal sealed class HelpWithExamples(HelpAction standard) : SynchronousCommandLineAction
{
    /// <summary>In a file or through a pipe there is no width to ask for, and lines of any length would be written.</summary>
    private const int UsualColumns = 80;

    public override int Invoke(ParseResult parseResult)
    {
        if (Console.IsOutputRedirected) standard.MaxWidth = UsualColumns;
        standard.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        switch (parseResult.CommandResult.Command)
        {
            case MirorCommand { Examples.Count: > 0 } command:
                output.WriteLine(command.Examples.Count == 1 ? "Example:" : "Examples:");
                foreach (string example in command.Examples) output.WriteLine("  " + example);
                output.WriteLine();
                break;
            case RootCommand:
                output.WriteLine("A first vault:");
                output.WriteLine("  mirord init ~/vault --device laptop --key-file ~/vault.key");
                output.WriteLine("  mirord import ~/vault ~/notes --key-file ~/vault.key");
                output.WriteLine("  mirord invite ~/vault --listen 0.0.0.0:22020 --key-file ~/vault.key");
                output.WriteLine();
                output.WriteLine("Unlocking: --key-file F, --passphrase-file F, SYNCMODULE_KEYFILE,");
                output.WriteLine("SYNCMODULE_PASSPHRASE (weak: other programs can read it), else a prompt on a");
                output.WriteLine("terminal. A secret is never an argument.");
                output.WriteLine("Exit codes: 0 ok, 1 error, 2 conflicts wait for a person, 3 no peer reachable,");
                output.WriteLine("64 wrong usage, 130 interrupted.");
                output.WriteLine();
                break;
        }

        return ExitCode.Ok;
    }
}
