using SyncModule.Daemon.Tests.Processes;
using SyncModule.LargeRuns.Kills;
using SyncModule.LargeRuns.Power;

namespace SyncModule.Daemon.Tests.Acceptance;

/// <summary>The runs of tests/large.sh that need the real program or a real disk, reduced.</summary>
public class LargeRunTests
{
    [StraceTheory]
    [InlineData("put in the log", 19)]
    [InlineData("sync", 31)]
    public void A_kill_before_a_call_on_its_files_loses_nothing_that_was_acknowledged(string step, int stride)
    {
        var scratch = Directory.CreateTempSubdirectory("mirord-kills-");
        try
        {
            var result = KillSweep.Run(new KillOptions(Mirord.Program, scratch.FullName, stride, First: 1, Step: step));
            Assert.Empty(result.Violations);
            Assert.True(result.AtFiles > 3, $"{result.Killed} kills, {result.AtFiles} at files of the vault");
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    [PowerFact]
    public void A_power_cut_at_any_instant_loses_nothing_that_was_acknowledged()
    {
        var result = PowerCuts.Run(Path.GetTempPath(), images: 12, seed: 7, print: false);
        Assert.Empty(result.Violations);
        Assert.Equal(12, result.Images);
        Assert.True(result.Acknowledged > 20, $"{result.Acknowledged} items had been acknowledged: the cuts came too early");
    }
}

/// <summary>A test that cuts the power of a file system of its own; skipped, with the reason, where none can be made.</summary>
public sealed class PowerFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Reason = new(() => OperatingSystem.IsLinux() ? LoopDisk.Problem(Path.GetTempPath()) : "Only Linux has loop devices.");

    public PowerFactAttribute() => Skip = Reason.Value;
}
