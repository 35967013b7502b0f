using SyncModule.Engine.Tests.Transport;
using SyncModule.Simulation;

namespace SyncModule.Engine.Tests.Time;

/// <summary>The system's clock, which the product runs by.</summary>
public sealed class SystemTimeTests : TimeConformance
{
    protected override TimeProvider Time => TimeProvider.System;

    protected override Task StepAsync() => Task.Delay(1);
}

/// <summary>Clocks that somebody moves: what is due comes in the order in which it is due, on the mover's thread.</summary>
public abstract class MovedTimeConformance : TimeConformance
{
    [Fact]
    public async Task Timers_fire_in_the_order_of_their_due_times_each_at_its_own()
    {
        long start = Time.GetTimestamp();
        var fired = new List<int>();
        var timers = new List<ITimer>();
        foreach (int due in new[] { 30, 7, 19, 7, 11 })
        {
            timers.Add(Time.CreateTimer(
                _ =>
                {
                    fired.Add(due);
                    Assert.Equal(due, Time.GetElapsedTime(start).TotalMilliseconds);
                },
                null,
                TimeSpan.FromMilliseconds(due),
                Timeout.InfiniteTimeSpan));
        }

        await PassAsync(TimeSpan.FromMilliseconds(18));
        Assert.Equal([7, 7, 11], fired);
        await PassAsync(TimeSpan.FromMilliseconds(18));
        Assert.Equal([7, 7, 11, 19, 30], fired);
        foreach (var timer in timers) timer.Dispose();
    }

    [Fact]
    public async Task A_period_is_kept_exactly()
    {
        long start = Time.GetTimestamp();
        var at = new List<double>();
        using var timer = Time.CreateTimer(_ => at.Add(Time.GetElapsedTime(start).TotalMilliseconds), null, TimeSpan.FromMilliseconds(3), TimeSpan.FromMilliseconds(10));
        await PassAsync(TimeSpan.FromMilliseconds(45));
        Assert.Equal([3, 13, 23, 33, 43], at);
    }
}

/// <summary>The clock of tests.</summary>
public sealed class ManualTimeTests : MovedTimeConformance
{
    private readonly ManualTime _time = new();

    protected override TimeProvider Time => _time;

    protected override Task StepAsync()
    {
        _time.Advance(TimeSpan.FromMilliseconds(1));
        return Task.CompletedTask;
    }
}

/// <summary>A simulated machine's clock: everything in one queue, so that a run is a function of its seed.</summary>
public sealed class SimulatedTimeTests : MovedTimeConformance
{
    private readonly Scheduler _scheduler = new(print: false);
    private readonly SimulatedTime _time;

    public SimulatedTimeTests() => _time = new SimulatedTime(_scheduler);

    protected override TimeProvider Time => _time;

    protected override Task StepAsync()
    {
        _scheduler.After(1, () => { });
        for (long until = _scheduler.Now + 1; _scheduler.RunNext(until);)
        {
        }

        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_wall_clock_that_jumps_moves_no_timer_and_no_timestamp()
    {
        int fired = 0;
        using var timer = _time.CreateTimer(_ => fired++, null, TimeSpan.FromMilliseconds(20), Timeout.InfiniteTimeSpan);
        long start = _time.GetTimestamp();
        var before = _time.GetUtcNow();
        _time.Shift = -365L * 24 * 3_600_000;
        Assert.Equal(start, _time.GetTimestamp());
        Assert.True(_time.GetUtcNow() < before);
        await PassAsync(TimeSpan.FromMilliseconds(19));
        Assert.Equal(0, fired);
        await PassAsync(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, fired);
    }
}
