namespace SyncModule.Core.Model;

/// <summary>
/// One device's clock: max(now, own last + 1). A received timestamp raises it, but only up to now + 5 minutes, so a peer with a
/// far-future clock drags nobody along (format-1 §3). It never runs back, whatever the wall clock does.
/// </summary>
/// <param name="last">The greatest timestamp of the last run; one that is malformed counts as the cap.</param>
public sealed class HybridClock(HybridTimestamp last = default)
{
    /// <summary>The greatest timestamp given or accepted so far.</summary>
    public HybridTimestamp Last { get; private set; } = last.Value < HybridTimestamp.Limit ? last : new(HybridTimestamp.Limit - 1);

    /// <summary>The next own timestamp at wall-clock time <paramref name="nowMilliseconds"/>: strictly greater than every earlier one, until the cap.</summary>
    public HybridTimestamp Tick(long nowMilliseconds)
    {
        var now = HybridTimestamp.FromMilliseconds(nowMilliseconds);
        var next = Last.Next();
        return Last = Plants.ClockRunsBack || now.CompareTo(next) > 0 ? now : next;
    }

    /// <summary>Takes notice of a received timestamp.</summary>
    public void Observe(HybridTimestamp received, long nowMilliseconds)
    {
        // A wall clock near its end must not wrap around into the past.
        var bound = HybridTimestamp.FromMilliseconds(Math.Min(nowMilliseconds, long.MaxValue - HybridTimestamp.MaxDriftMilliseconds) + HybridTimestamp.MaxDriftMilliseconds);
        var capped = !Plants.ClockFollowsTheFuture && received.CompareTo(bound) > 0 ? bound : received;
        if (capped.CompareTo(Last) > 0) Last = capped;
    }
}
