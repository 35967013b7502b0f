using System.Diagnostics;
using SyncModule.Daemon.Tests.Processes;
using SyncModule.Tests.Shared;

namespace SyncModule.Daemon.Tests.Commands;

/// <summary>The demonstration leaves nothing behind, however it ends.</summary>
public class DemoTests
{
    [Fact]
    public void The_demonstration_shows_the_main_job_and_cleans_up()
    {
        using var play = new Playground(withVault: false);
        Directory.CreateDirectory(play.PathOf("in"));
        play.Write("in/letter.txt", "Dear reader");
        play.Environment["TMPDIR"] = Directory.CreateDirectory(play.PathOf("tmp")).FullName;
        var result = play.Run("demo", play.PathOf("in"), "--json").Ok();
        Assert.Matches("^[0-9a-f]{64}$", result.Summary.GetProperty("digest").GetString());
        var steps = result.Summary.GetProperty("steps").EnumerateArray().ToList();
        Assert.Contains(steps, s => s.GetProperty("result").GetString()!.StartsWith("resumed", StringComparison.Ordinal));
        Assert.All(steps, s => Assert.True(s.GetProperty("seconds").GetDouble() >= 0));
        Assert.Empty(Directory.EnumerateFileSystemEntries(play.PathOf("tmp"), "mirord-demo-*"));
        Assert.Equal("Dear reader", File.ReadAllText(play.PathOf("in/letter.txt")));
    }

    [UnixTheory]
    [InlineData("TERM")]
    public void An_interrupted_demonstration_cleans_up_too(string signal)
    {
        using var play = new Playground(withVault: false);
        Directory.CreateDirectory(play.PathOf("in"));
        play.Write("in/letter.txt", "Dear reader");
        play.Environment["TMPDIR"] = Directory.CreateDirectory(play.PathOf("tmp")).FullName;
        using var demo = Mirord.Start(play.Environment.ToDictionary(StringComparer.Ordinal), ["demo", play.PathOf("in")]);
        try
        {
            while (demo.StandardOutput.ReadLine() is { } line && !line.StartsWith("change both sides", StringComparison.Ordinal))
            {
                // Until the desk serves, so that there is a child to end.
            }

            string folder = Directory.EnumerateDirectories(play.PathOf("tmp"), "mirord-demo-*").Single();
            TwoMachines.Signal(demo, signal);
            Assert.True(demo.WaitForExit(Mirord.Patience));
            Assert.Equal(130, demo.ExitCode);
            Assert.False(Directory.Exists(folder));
            using var children = Process.Start(new ProcessStartInfo("pgrep", ["-f", folder]) { RedirectStandardOutput = true })!;
            Assert.Equal("", children.StandardOutput.ReadToEnd());
        }
        finally
        {
            if (!demo.HasExited) demo.Kill(entireProcessTree: true);
        }
    }

    [Fact]
    public void A_folder_that_is_not_there_is_said_at_once()
    {
        using var play = new Playground(withVault: false);
        play.Run("demo", play.PathOf("absent")).Failed("FileNotFound");
    }
}
