using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;

namespace SyncModule.Core.Model;

/// <summary>The increments of one log to one counter, added up.</summary>
public readonly record struct LogSum(LogId Log, long Sum);

/// <summary>
/// What a counter was set to, and the sums of increments that its author had seen, by log: [base, [[log, sum]…]]. The counter's value is the
/// base and every increment beyond those sums, so an increment that was made at the same time is neither lost nor counted twice
/// (format-1 §7, docs/decisions/085).
/// </summary>
public sealed record CounterBase(long Base, IReadOnlyList<LogSum> Seen)
{
    /// <summary>Logs in one encoded base.</summary>
    public const int MaxLogs = 1 << 16;

    /// <summary>The sum that was seen of a log; 0 when none was.</summary>
    public long SeenOf(LogId log)
    {
        int at = Ordered.Find(Seen, log, static (s, l) => s.Log.CompareTo(l));
        return at < 0 ? 0 : Seen[at].Sum;
    }

    /// <inheritdoc/>
    public bool Equals(CounterBase? other) => other is not null && Base == other.Base && Seen.SequenceEqual(other.Seen);

    /// <inheritdoc/>
    public override int GetHashCode() => Base.GetHashCode() ^ Seen.Count;

    internal void Write(CborWriter writer)
    {
        writer.WriteInt(Base);
        WriteSums(writer, Seen);
    }

    internal static CounterBase Read(ref CborReader reader)
    {
        long start = reader.ReadInt();
        return new(start, ReadSums(ref reader));
    }

    /// <summary>[[log, sum]…], logs ascending.</summary>
    internal static void WriteSums(CborWriter writer, IReadOnlyList<LogSum> sums)
    {
        writer.WriteArray(sums.Count);
        foreach (var (log, sum) in sums)
        {
            writer.WriteArray(2);
            writer.WriteId(log);
            writer.WriteInt(sum);
        }
    }

    internal static LogSum[] ReadSums(ref CborReader reader)
    {
        var sums = new LogSum[reader.ReadArray(MaxLogs)];
        for (int i = 0; i < sums.Length; i++)
        {
            reader.ReadArrayOf(2);
            sums[i] = new(reader.ReadId16(), reader.ReadInt());
            if (i > 0 && sums[i].Log.CompareTo(sums[i - 1].Log) <= 0) throw new VaultFormatException("A counter's logs are not in order.");
        }

        return sums;
    }
}
