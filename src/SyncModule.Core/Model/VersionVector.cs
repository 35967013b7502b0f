using SyncModule.Core.Encoding;

namespace SyncModule.Core.Model;

/// <summary>The last commit of one branch of one log.</summary>
public readonly record struct Tip(ulong Sequence, CommitId Id) : IComparable<Tip>
{
    /// <inheritdoc/>
    public int CompareTo(Tip other)
    {
        int c = Sequence.CompareTo(other.Sequence);
        return c != 0 ? c : Id.CompareTo(other.Id);
    }
}

/// <summary>
/// {log → sorted [(sequence, id)]} (format-1 §6). Normally one tip a log; several tips are the branches of a fork. Because the tip's
/// hash is in it, two vectors are equal only where the histories are.
/// </summary>
public sealed class VersionVector
{
    /// <summary>Branches of one log that enter a vector (format-1 §2).</summary>
    public const int MaxTips = 16;

    /// <summary>Logs in one encoded vector.</summary>
    public const int MaxLogs = 1 << 20;

    private readonly SortedDictionary<LogId, Tip[]> _logs = [];

    /// <summary>The logs in ascending order of their ids, each with its tips in ascending order.</summary>
    public IEnumerable<KeyValuePair<LogId, Tip[]>> Logs => _logs;

    /// <summary>Number of logs.</summary>
    public int Count => _logs.Count;

    /// <summary>The tips of a log, ascending; empty when nothing of it is known.</summary>
    public IReadOnlyList<Tip> this[LogId log] => _logs.TryGetValue(log, out var tips) ? tips : [];

    /// <summary>The greatest sequence number known of a log; 0 when none is.</summary>
    public ulong Sequence(LogId log) => _logs.TryGetValue(log, out var tips) ? tips[^1].Sequence : 0;

    /// <summary>Replaces the tips of a log; an empty list removes the log. Keeps at most 16 tips, those with the lowest ids.</summary>
    public void Set(LogId log, IEnumerable<Tip> tips)
    {
        Tip[] sorted = [.. tips.Distinct().OrderBy(t => t.Id).Take(MaxTips).Order()];
        if (sorted.Length == 0) _logs.Remove(log);
        else _logs[log] = sorted;
    }

    /// <summary>Sets the only tip of a log.</summary>
    public void Set(LogId log, Tip tip) => _logs[log] = [tip];

    /// <summary>A commit was added behind <paramref name="previous"/>: that tip moves on, or a new branch begins.</summary>
    public void Advance(LogId log, CommitId previous, Tip tip)
    {
        if (!_logs.TryGetValue(log, out var tips))
        {
            _logs[log] = [tip];
            return;
        }

        if (tips.Length == 1 && tips[0].Id == previous)
        {
            _logs[log] = [tip];
            return;
        }

        Set(log, tips.Where(t => t.Id != previous).Append(tip));
    }

    public VersionVector Clone()
    {
        var copy = new VersionVector();
        foreach (var (log, tips) in _logs) copy._logs[log] = tips;
        return copy;
    }

    public bool SameAs(VersionVector other)
    {
        if (_logs.Count != other._logs.Count) return false;
        foreach (var (log, tips) in _logs)
        {
            if (Plants.VectorWithoutTips && Sequence(log) == other.Sequence(log)) continue;
            if (!other._logs.TryGetValue(log, out var theirs) || !tips.AsSpan().SequenceEqual(theirs)) return false;
        }

        return true;
    }

    /// <summary>[[log, [[sequence, id]…]]…], logs and tips ascending.</summary>
    public void Write(CborWriter writer)
    {
        writer.WriteArray(_logs.Count);
        foreach (var (log, tips) in _logs)
        {
            writer.WriteArray(2);
            writer.WriteId(log);
            writer.WriteArray(tips.Length);
            foreach (var tip in tips)
            {
                writer.WriteArray(2);
                writer.WriteUInt(tip.Sequence);
                writer.WriteId(tip.Id);
            }
        }
    }

    public static VersionVector Read(ref CborReader reader)
    {
        var vector = new VersionVector();
        int logs = reader.ReadArray(MaxLogs);
        LogId last = default;
        for (int i = 0; i < logs; i++)
        {
            reader.ReadArrayOf(2);
            var log = reader.ReadId16();
            if (i > 0 && log <= last) throw new VaultFormatException("A vector's logs are not in order.");
            last = log;
            var tips = new Tip[reader.ReadArray(MaxTips)];
            if (tips.Length == 0) throw new VaultFormatException("A log in a vector has no tip.");
            for (int t = 0; t < tips.Length; t++)
            {
                reader.ReadArrayOf(2);
                tips[t] = new(reader.ReadUInt(CommitHeader.MaxSequence), reader.ReadId32());
                if (tips[t].Sequence == 0 || (t > 0 && tips[t].CompareTo(tips[t - 1]) <= 0)) throw new VaultFormatException("A vector's tips are not in order.");
            }

            vector._logs[log] = tips;
        }

        return vector;
    }
}
