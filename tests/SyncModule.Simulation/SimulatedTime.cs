namespace SyncModule.Simulation;

/// <summary>One machine's wall clock: the scheduler's time, shifted; the shift may jump by as much as a year either way.</summary>
internal sealed class SimulatedTime(Scheduler scheduler) : TimeProvider
{
    private static readonly DateTimeOffset Epoch = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Milliseconds that this clock is ahead of true time.</summary>
    public long Shift { get; set; }

    public override long TimestampFrequency => 1_000;

    public override DateTimeOffset GetUtcNow() => Epoch.AddMilliseconds(scheduler.Now + Shift);

    public override long GetTimestamp() => scheduler.Now;
}
