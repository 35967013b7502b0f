using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Tests.Processes;

namespace SyncModule.Daemon.Tests.Commands;

public class HelpTests
{
    public static TheoryData<string> Names => [.. AllCommands(CommandTree.Build()).OfType<MirorCommand>().Select(PathOf)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_command_has_help_with_an_example_of_itself(string name)
    {
        using var play = new Playground(withVault: false);
        var help = play.Run([.. name.Split(' '), "--help"]).Ok();
        Assert.Contains("Example", help.Text, StringComparison.Ordinal);
        Assert.Contains("  mirord " + name, help.Text, StringComparison.Ordinal);
        Assert.Contains("--json", help.Text, StringComparison.Ordinal);
        // Lines to be typed as they stand may be longer.
        string above = help.Text[..help.Text.IndexOf("Example", StringComparison.Ordinal)];
        Assert.All(above.Split('\n'), line => Assert.True(line.TrimEnd().Length <= 80, line));
    }

    [Fact]
    public void Every_example_can_be_parsed()
    {
        var root = CommandTree.Build();
        var examples = AllCommands(root).OfType<MirorCommand>().SelectMany(c => c.Examples).ToList();
        Assert.True(examples.Count >= root.Subcommands.Count);
        foreach (string example in examples)
        {
            string line = example[(example.IndexOf("mirord ", StringComparison.Ordinal) + "mirord ".Length)..].Replace('\'', '"');
            Assert.Equal([], root.Parse(line).Errors.Select(e => example + ": " + e.Message));
        }
    }

    [Fact]
    public void Help_lists_every_command_and_says_how_to_unlock()
    {
        using var play = new Playground(withVault: false);
        string help = play.Run("--help").Ok().Text;
        foreach (var command in CommandTree.Build().Subcommands) Assert.Contains("\n  " + command.Name + " ", help, StringComparison.Ordinal);
        Assert.Contains("SYNCMODULE_KEYFILE", help, StringComparison.Ordinal);
        Assert.All(help.Split('\n'), line => Assert.True(line.TrimEnd().Length <= 80, line));
    }

    [Fact]
    public void A_shell_can_complete_commands_and_options()
    {
        using var play = new Playground(withVault: false);
        Assert.Contains("history", play.Run("[suggest:8]", "mirord h").Ok().Text, StringComparison.Ordinal);
        Assert.Contains("--passphrase-file", play.Run("[suggest:12]", "mirord ls --").Ok().Text, StringComparison.Ordinal);
    }

    private static string PathOf(System.CommandLine.Command command) =>
        command.Parents.OfType<System.CommandLine.Command>().FirstOrDefault() is { } parent and not System.CommandLine.RootCommand ? PathOf(parent) + " " + command.Name : command.Name;

    private static IEnumerable<System.CommandLine.Command> AllCommands(System.CommandLine.Command command) => command.Subcommands.SelectMany(c => AllCommands(c).Prepend(c));
}
