namespace SyncModule.Engine.Tests.Time;

/// <summary>What everything that takes a TimeProvider relies on. Each clock runs the same facts; only lower bounds are looked at, never how late something is.</summary>
public abstract class TimeConformance
{
    /// <summary>A timer may be this much early by another clock of the same machine: the system's timers count in coarse ticks.</summary>
    private static readonly TimeSpan Coarse = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Long = TimeSpan.FromMilliseconds(60);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    protected abstract TimeProvider Time { get; }

    /// <summary>Lets about a millisecond pass.</summary>
    protected abstract Task StepAsync();

    [Fact]
    public async Task Timestamps_never_go_back_and_tell_what_has_passed()
    {
        Assert.True(Time.TimestampFrequency > 0);
        long start = Time.GetTimestamp(), last = start;
        for (int i = 0; i < 50; i++)
        {
            if (i % 10 == 0) await StepAsync();
            long now = Time.GetTimestamp();
            Assert.True(now >= last, "the clock went back");
            last = now;
        }

        await PassAsync(Long);
        Assert.True(Time.GetElapsedTime(start) >= Long);
        Assert.Equal(TimeSpan.Zero, Time.GetElapsedTime(start, start));
    }

    [Fact]
    public async Task Wall_clock_time_is_utc_and_moves()
    {
        var before = Time.GetUtcNow();
        Assert.Equal(TimeSpan.Zero, before.Offset);
        Assert.True(before.Year is > 2000 and < 2100);
        await PassAsync(Long);
        Assert.NotEqual(before, Time.GetUtcNow());
    }

    [Fact]
    public async Task A_timer_fires_once_not_early_and_gets_its_state()
    {
        int fired = 0;
        object? got = null;
        long start = Time.GetTimestamp();
        TimeSpan after = default;
        using var timer = Time.CreateTimer(
            state =>
            {
                (got, after) = (state, Time.GetElapsedTime(start));
                Interlocked.Increment(ref fired);
            },
            "state",
            Long,
            Timeout.InfiniteTimeSpan);
        await UntilAsync(() => Volatile.Read(ref fired) > 0);
        Assert.True(after >= Long - Coarse, "the timer was early");
        Assert.Equal("state", got);
        await PassAsync(Long * 2);
        Assert.Equal(1, fired);
    }

    [Fact]
    public async Task A_timer_with_a_period_fires_again_and_again_until_it_is_disposed()
    {
        int fired = 0;
        var timer = Time.CreateTimer(_ => Interlocked.Increment(ref fired), null, Short, Short);
        await UntilAsync(() => Volatile.Read(ref fired) >= 5);
        await timer.DisposeAsync(); // no callback runs any more when it returns
        int then = fired;
        await PassAsync(Long);
        Assert.Equal(then, fired);
    }

    [Fact]
    public async Task A_timer_without_a_due_time_waits_for_one_and_can_be_put_off()
    {
        int fired = 0;
        using var timer = Time.CreateTimer(_ => Interlocked.Increment(ref fired), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        await PassAsync(Long);
        Assert.Equal(0, fired);
        Assert.True(timer.Change(TimeSpan.FromDays(1), Timeout.InfiniteTimeSpan));
        Assert.True(timer.Change(TimeSpan.Zero, TimeSpan.Zero)); // a period of zero is none
        await UntilAsync(() => Volatile.Read(ref fired) > 0);
        await PassAsync(Long);
        Assert.Equal(1, fired);
    }

    [Fact]
    public async Task A_disposed_timer_never_fires_and_cannot_be_changed()
    {
        int fired = 0;
        var timer = Time.CreateTimer(_ => Interlocked.Increment(ref fired), null, TimeSpan.FromDays(1), Timeout.InfiniteTimeSpan);
        timer.Dispose();
        timer.Dispose();
        Assert.False(timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan));
        await PassAsync(Long);
        Assert.Equal(0, fired);
    }

    [Fact]
    public async Task A_callback_may_end_its_own_timer_and_start_another()
    {
        int fired = 0;
        ITimer? second = null;
        ITimer first = null!;
        first = Time.CreateTimer(
            _ =>
            {
                first.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                if (Interlocked.Increment(ref fired) == 1) Volatile.Write(ref second, Time.CreateTimer(_ => Interlocked.Add(ref fired, 100), null, Short, Timeout.InfiniteTimeSpan));
            },
            null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
        first.Change(Short, TimeSpan.FromDays(1));
        await UntilAsync(() => Volatile.Read(ref fired) >= 101);
        await PassAsync(Long);
        Assert.Equal(101, fired);
        first.Dispose();
        second!.Dispose();
    }

    [Fact]
    public async Task Cancellation_and_delays_follow_the_clock()
    {
        using var soon = new CancellationTokenSource(Short, Time);
        using var never = new CancellationTokenSource(TimeSpan.FromDays(1), Time);
        var delay = Task.Delay(Short, Time);
        var cancelled = Task.Delay(TimeSpan.FromDays(1), Time, soon.Token);
        await UntilAsync(() => soon.IsCancellationRequested && delay.IsCompletedSuccessfully && cancelled.IsCanceled);
        Assert.False(never.IsCancellationRequested);
        await Assert.ThrowsAsync<TimeoutException>(async () =>
        {
            var waiting = new TaskCompletionSource().Task.WaitAsync(Short, Time);
            await UntilAsync(() => waiting.IsCompleted);
            await waiting;
        });
    }

    protected async Task PassAsync(TimeSpan time)
    {
        long start = Time.GetTimestamp();
        while (Time.GetElapsedTime(start) < time) await StepAsync();
    }

    private async Task UntilAsync(Func<bool> condition)
    {
        long start = Time.GetTimestamp();
        while (!condition())
        {
            Assert.True(Time.GetElapsedTime(start) < Patience, "it never happened");
            await StepAsync();
        }
    }
}
