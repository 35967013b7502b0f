using System.Buffers.Binary;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage;

namespace SyncModule.LargeRuns.Hosts;

/// <summary>
/// The commits of one device, as they go to its disk. A process must use no number twice, whatever became of the first write, and must sign
/// nothing after one of its flushes has failed (docs/decisions/008). Across processes no number may be used twice that was durable once, because it may have been
/// sent; what was never durable was never shown (format-1 §2, §12).
/// </summary>
internal sealed class SignedCommits(DeviceId device)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(LogId Log, ulong Sequence), CommitId> _durable = [];
    private readonly Dictionary<(LogId Log, ulong Sequence), CommitId> _tried = []; // by the process that runs now
    private readonly HashSet<(LogId Log, ulong Sequence)> _unsynced = [];
    private bool _flushFailed;

    /// <summary>What was wrong first; null while nothing was.</summary>
    public string? Violation { get; private set; }

    /// <summary>The same history for another course of events, or for the next process.</summary>
    public SignedCommits Next()
    {
        lock (_gate)
        {
            var next = new SignedCommits(device) { Violation = Violation };
            foreach (var (key, id) in _durable) next._durable.Add(key, id);
            return next;
        }
    }

    /// <summary>Bytes on their way to a segment: one group, or others' bytes being written again.</summary>
    public void Writing(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            foreach (var commit in CommitsOf(bytes))
            {
                var key = (commit.Header.Log, commit.Header.Sequence);
                if (_durable.TryGetValue(key, out var known) || _tried.TryGetValue(key, out known))
                {
                    // The same one is being rewritten, or was received back.
                    if (known != commit.Id) Violation ??= $"number {key.Sequence} of log {key.Log} was used for two commits";
                }
                else if (_flushFailed)
                {
                    Violation ??= $"number {key.Sequence} of log {key.Log} was signed by a process in which a flush had failed";
                }

                _tried[key] = commit.Id;
            }
        }
    }

    /// <summary>The write went well.</summary>
    public void Written(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            foreach (var commit in CommitsOf(bytes)) _unsynced.Add((commit.Header.Log, commit.Header.Sequence));
        }
    }

    /// <summary>A flush of a segment went well: what was written before it is on the disk.</summary>
    public void Flushed()
    {
        lock (_gate)
        {
            foreach (var key in _unsynced) _durable[key] = _tried[key];
            _unsynced.Clear();
        }
    }

    /// <summary>A flush of whatever file or folder failed.</summary>
    public void FlushFailed()
    {
        lock (_gate)
        {
            _flushFailed = true;
            _unsynced.Clear();
        }
    }

    /// <summary>Takes commits that are known to be on the disk.</summary>
    public void Known(IReadOnlyList<LogRecord> records)
    {
        foreach (var commit in Own(records)) _durable[(commit.Header.Log, commit.Header.Sequence)] = commit.Id;
    }

    private IEnumerable<Commit> CommitsOf(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < LogFormat.GroupHeaderLength || BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]) != bytes.Length - LogFormat.GroupHeaderLength) return [];
        return LogFormat.ParseRecords(0, 0, bytes[LogFormat.GroupHeaderLength..].ToArray()) is { } records ? Own(records) : [];
    }

    private IEnumerable<Commit> Own(IReadOnlyList<LogRecord> records) => records
        .Where(r => r.Type is LogRecordType.Commit or LogRecordType.MembershipCommit or LogRecordType.PrunedCommit)
        .Select(r => Commit.Decode(r.Bytes.Span))
        .Where(c => c.Header.Device == device);
}
