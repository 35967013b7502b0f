using SyncModule.LargeRuns.Failures;

namespace SyncModule.Engine.Tests.LargeRuns;

/// <summary>The sweep of tests/large.sh, reduced: every 199th pair of disk call and failure.</summary>
public sealed class FailureSweepTests
{
    [Fact]
    public void A_failing_disk_call_loses_nothing_that_was_acknowledged()
    {
        var result = FailureSweep.Run(new SweepOptions(Stride: 199));
        Assert.Empty(result.Violations);
        Assert.Equal(22, result.Steps);
        Assert.True(result.Trials > 80 && result.Refused > 30, $"{result.Trials} trials, {result.Refused} refused: hardly anything failed");
    }
}
