namespace SyncModule.Simulation.Machines;

/// <summary>The machine's clock as one process has it: its timers end with it.</summary>
internal sealed class ProcessTime(SimulatedTime machine, Func<bool> isDead) : TimeProvider
{
    public override long TimestampFrequency => machine.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => machine.GetUtcNow();

    public override long GetTimestamp() => machine.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => machine.CreateTimer(
        s =>
        {
            if (!isDead()) callback(s);
        },
        state,
        dueTime,
        period);
}
