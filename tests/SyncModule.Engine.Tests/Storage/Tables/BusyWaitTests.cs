using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Tests.Storage.Tables;

public sealed class BusyWaitTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    [InlineData(10_000)]
    public void Waiting_goes_in_small_steps_and_ends_at_the_deadline(long deadline)
    {
        long slept = 0;
        int count = 0;
        while (BusyWait.Pause(count, deadline) is { } pause)
        {
            Assert.InRange(pause, 0, 2);
            slept += pause;
            count++;
        }

        Assert.True(count >= 4, "it asks again at once before it sleeps");
        Assert.InRange(slept, deadline, deadline + 2);
    }
}
