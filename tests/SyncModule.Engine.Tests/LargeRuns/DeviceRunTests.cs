using SyncModule.LargeRuns.Devices;

namespace SyncModule.Engine.Tests.LargeRuns;

/// <summary>The three devices of tests/large.sh, reduced.</summary>
public sealed class DeviceRunTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Three_devices_that_do_everything_agree_with_each_other_and_with_the_naive_model(int seed)
    {
        var result = DeviceRun.Run(new DeviceOptions(Operations: 500, Seed: seed));
        Assert.Null(result.Violation);
        Assert.True(result.Applied > 300 && result.Checks > 10 && result.Rounds > 20, result.ToString());
    }
}
