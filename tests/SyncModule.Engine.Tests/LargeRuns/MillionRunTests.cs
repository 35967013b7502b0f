using SyncModule.LargeRuns.Million;

namespace SyncModule.Engine.Tests.LargeRuns;

/// <summary>The million items of tests/large.sh, reduced.</summary>
public sealed class MillionRunTests
{
    [Fact]
    public void Two_devices_with_many_items_say_the_same_before_and_after_their_indexes_are_made_anew()
    {
        var result = MillionRun.Run(new MillionOptions(Path.GetTempPath(), Items: 6_500, Looks: 300));
        Assert.Empty(result.Violations);
        Assert.Contains(result.Steps, s => s.Step == "again");
    }
}
