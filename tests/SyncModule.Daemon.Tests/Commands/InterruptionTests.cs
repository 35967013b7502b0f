using System.Diagnostics;
using SyncModule.Daemon.Tests.Processes;
using SyncModule.Tests.Shared;

namespace SyncModule.Daemon.Tests.Commands;

/// <summary>A person ends a command: 130, and nothing half-done is kept.</summary>
public class InterruptionTests
{
    [UnixTheory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public void An_interrupted_put_stores_nothing_and_ends_with_130(string signal)
    {
        using var play = new Playground();
        using var process = Mirord.Start(play.Environment.ToDictionary(StringComparer.Ordinal), ["put", play.Vault, "k", "-"]);
        try
        {
            // Reading 8 MiB fills the pipe's buffer many times over: once this returns, the command is inside its work.
            process.StandardInput.BaseStream.Write(new byte[8 << 20]);
            process.StandardInput.BaseStream.Flush();
            using var kill = Process.Start("kill", ["-" + signal, process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            Assert.True(process.WaitForExit(Mirord.Patience));
            Assert.Equal(130, process.ExitCode);
            Assert.StartsWith("error: Interrupted: ", process.StandardError.ReadToEnd(), StringComparison.Ordinal);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }

        Assert.Empty(play.Run("ls", play.Vault, "--json").Ok().Output);
    }
}
