using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Tests.Specifications;

/// <summary>Timestamps (§3).</summary>
internal static class ClockVectors
{
    public static VectorFile Make()
    {
        var file = new VectorFile(MergeVectors.Page, "clock.json", "timestamps are numbers: milliseconds times 65,536, plus a counter");
        Next("own: now is later", 0, Fixed.Now);
        Next("own: same millisecond", Examples.Time, Fixed.Now);
        Next("own: the wall clock ran back", Examples.Time + 7, Fixed.Now - 5_000);
        Next("own: the counter runs over into the milliseconds", Examples.Time + 65_535, Fixed.Now);
        Next("own: at the cap", HybridTimestamp.Limit - 1, Fixed.Now);
        Next("own: before 1970", 0, -5);
        Receive("received: older", Examples.Time, Examples.Time - 1);
        Receive("received: a little ahead", Examples.Time, Examples.Time + 3);
        Receive("received: a day ahead counts as five minutes", Examples.Time, (ulong)(Fixed.Now + 86_400_000) << 16);
        Own("operation: it replaces something older, and has no time of its own", Examples.Time - 1);
        Own("operation: it replaces something as old", Examples.Time);
        Own("operation: it replaces something newer", Examples.Time + 5);
        Own("operation: it replaces something at the cap", HybridTimestamp.Limit - 1);
        return file;

        void Next(string name, ulong last, long now) => file.Case(name, ("last", last), ("nowMs", now), ("next", new HybridClock(new(last)).Tick(now).Value));

        void Receive(string name, ulong last, ulong received)
        {
            var clock = new HybridClock(new(last));
            clock.Observe(new(received), Fixed.Now);
            file.Case(name, ("last", last), ("nowMs", Fixed.Now), ("received", received), ("lastAfter", clock.Last.Value));
        }

        void Own(string name, ulong greatest)
        {
            var operation = new Operation("items", "k", OperationKind.Put, [], null, true, null, [], null, null);
            ulong[] own = Writes.WithTimestampRule(operation, new HybridTimestamp(greatest), new(Examples.Time)).Timestamp is { } time ? [time.Value] : [];
            file.Case(name, ("commitTs", Examples.Time), ("greatestReplaced", greatest), ("ownTs", own));
        }
    }
}
