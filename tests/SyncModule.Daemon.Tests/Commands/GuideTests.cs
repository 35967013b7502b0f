using System.Diagnostics;
using System.Text.RegularExpressions;
using SyncModule.Daemon.Tests.Acceptance;
using SyncModule.Daemon.Tests.Processes;
using SyncModule.Tests.Shared;

namespace SyncModule.Daemon.Tests.Commands;

/// <summary>The commands of docs/guides, typed as they stand, in one shell; what a page says that they print is what they print.</summary>
public partial class GuideTests
{
    public static TheoryData<string> Guides => [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs", "guides"), "*.md").Select(f => Path.GetFileName(f))];

    [LinuxTheory]
    [MemberData(nameof(Guides))]
    public void Every_command_of_a_guide_works_and_prints_what_the_guide_says(string guide)
    {
        using var play = new Playground(withVault: false);
        var blocks = Block().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "guides", guide))).Select(m => (Kind: m.Groups[1].Value, Text: m.Groups[2].Value)).ToList();
        Assert.Contains(blocks, b => b.Kind == "sh");
        // Each block begins with a mark, so that it is known what belongs to which.
        string start = $"""
            set -eu
            mkdir bin
            printf '#!/bin/sh\nexec dotnet "{Mirord.Program}" "$@"\n' > bin/mirord
            chmod +x bin/mirord
            PATH=$PWD/bin:$PATH
            trap 'kill $(jobs -p) 2>/dev/null' EXIT

            """;
        string output = Run(play, start + string.Join('\n', blocks.Select((b, i) => b.Kind == "sh" ? $"echo '== {i}'\n{b.Text}" : "")));
        for (int i = 0; i < blocks.Count; i++)
        {
            if (blocks[i].Kind != "text") continue;
            string printed = output.Split($"== {i - 1}\n")[1].Split("== ")[0];
            foreach (string line in blocks[i].Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)) Assert.Contains("\n" + line + "\n", "\n" + printed, StringComparison.Ordinal);
        }
    }

    private static string Run(Playground play, string script)
    {
        var start = new ProcessStartInfo("bash", [play.Write("guide.sh", script)]) { WorkingDirectory = play.Root, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string name in start.Environment.Keys.Where(n => n.StartsWith("SYNCMODULE_", StringComparison.Ordinal)).ToList()) start.Environment.Remove(name);
        foreach (var (name, value) in play.Environment) start.Environment[name] = value;
        using var shell = Process.Start(start)!;
        try
        {
            var output = shell.StandardOutput.ReadToEndAsync();
            var error = shell.StandardError.ReadToEndAsync();
            Assert.True(Task.WhenAll(output, error).Wait(2 * Mirord.Patience), "the guide did not end");
            shell.WaitForExit();
            Assert.True(shell.ExitCode == 0, $"exit code {shell.ExitCode}\n{output.Result}\n{error.Result}");
            return output.Result;
        }
        finally
        {
            if (!shell.HasExited) shell.Kill(entireProcessTree: true);
        }
    }

    [GeneratedRegex("^```(sh|text)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline, 1000)]
    private static partial Regex Block();
}
