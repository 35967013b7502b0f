using System.Globalization;
using System.Management.Automation;
using SyncModule.Engine.Nodes;

namespace SyncModule.Commands.Syncing;

/// <summary>
/// Progress of a round: one bar per peer below one for all, at most five a second each. Report is called from the node's threads;
/// what it gives back is written by the pipeline's.
/// </summary>
internal sealed class PeerProgress(string activity, int parent)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private readonly Dictionary<string, Bar> _bars = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>A record to write now, or null when one was written a moment ago.</summary>
    public ProgressRecord? Report(SyncProgress progress)
    {
        lock (_gate)
        {
            if (!_bars.TryGetValue(progress.Peer, out var bar)) _bars[progress.Peer] = bar = new(parent + 1 + _bars.Count, TimeProvider.System.GetTimestamp());
            var elapsed = TimeProvider.System.GetElapsedTime(bar.Started);
            if (bar.Written is { } last && TimeProvider.System.GetElapsedTime(last) < Interval) return null;
            bar.Written = TimeProvider.System.GetTimestamp();
            return bar.Record = RecordOf(bar, progress, elapsed);
        }
    }

    public ProgressRecord Parent(string status) => new(parent, activity, status);

    /// <summary>Takes all bars away.</summary>
    public IReadOnlyList<ProgressRecord> Completed()
    {
        lock (_gate)
        {
            var records = _bars.Values.Where(b => b.Record is not null).Select(b => new ProgressRecord(b.Id, b.Record!.Activity, "done") { ParentActivityId = parent, RecordType = ProgressRecordType.Completed }).ToList();
            records.Add(new ProgressRecord(parent, activity, "done") { RecordType = ProgressRecordType.Completed });
            return records;
        }
    }

    private ProgressRecord RecordOf(Bar bar, SyncProgress p, TimeSpan elapsed)
    {
        long moved = p.BytesSent + p.BytesReceived, objects = p.ObjectsReceived;
        double rate = elapsed.TotalSeconds > 0.5 ? moved / elapsed.TotalSeconds : 0;
        string status = string.Create(CultureInfo.CurrentCulture, $"{Sizes.Of(moved)}{(rate > 0 ? $", {Sizes.Of((long)rate)}/s" : "")}, {p.CommitsReceived} received, {p.CommitsSent} sent");
        var record = new ProgressRecord(bar.Id, p.Peer, status) { ParentActivityId = parent };
        if (p.ObjectsWanted > 0)
        {
            record.PercentComplete = (int)Math.Clamp(100 * objects / Math.Max(1, objects + p.ObjectsWanted), 0, 100);
            if (objects > 0 && elapsed.TotalSeconds > 1) record.SecondsRemaining = (int)Math.Min(int.MaxValue, elapsed.TotalSeconds * p.ObjectsWanted / objects);
        }

        return record;
    }

    private sealed class Bar(int id, long started)
    {
        public int Id { get; } = id;

        public long Started { get; } = started;

        public long? Written { get; set; }

        public ProgressRecord? Record { get; set; }
    }
}

/// <summary>Byte counts for people.</summary>
internal static class Sizes
{
    public static string Of(long bytes) => bytes < 1024 ? $"{bytes} B" : bytes < 1 << 20 ? $"{bytes / 1024.0:0.0} KiB" : bytes < 1L << 30 ? $"{bytes / 1048576.0:0.0} MiB" : $"{bytes / 1073741824.0:0.00} GiB";
}
