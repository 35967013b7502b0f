namespace SyncModule.Simulation;

/// <summary>
/// One machine's wall clock: the scheduler's time, shifted; the shift may jump by as much as a year either way. Its timers are events of
/// the scheduler, so that none of them runs by real time.
/// </summary>
internal sealed class SimulatedTime(Scheduler scheduler) : TimeProvider
{
    private static readonly DateTimeOffset Epoch = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Milliseconds that this clock is ahead of true time.</summary>
    public long Shift { get; set; }

    public override long TimestampFrequency => 1_000;

    public override DateTimeOffset GetUtcNow() => Epoch.AddMilliseconds(scheduler.Now + Shift);

    public override long GetTimestamp() => scheduler.Now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimulatedTimer(scheduler, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class SimulatedTimer(Scheduler scheduler, Action run) : ITimer
    {
        private int _armed; // a timer that was changed meanwhile has events in the queue that mean nothing any more
        private bool _disposed;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_disposed) return false;
            _armed++;
            if (dueTime != Timeout.InfiniteTimeSpan) Arm(dueTime, period);
            return true;
        }

        public void Dispose()
        {
            _disposed = true;
            _armed++;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Arm(TimeSpan wait, TimeSpan period)
        {
            int armed = _armed;
            scheduler.After((long)Math.Ceiling(wait.TotalMilliseconds), () =>
            {
                if (armed != _armed) return;
                if (period > TimeSpan.Zero) Arm(period, period);
                run();
            });
        }
    }
}
