using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Merging;

/// <summary>
/// The increments of a counter: path → {log → sum} (format-1 §7). Exact, because each operation is folded once and sums of one log only
/// grow by its own. A sum that passes ±2^63 wraps, everywhere alike.
/// </summary>
public sealed class Counter
{
    private readonly LogSum[] _sums;

    internal Counter(string path, LogSum[] sums) => (Path, _sums) = (path, sums);

    public string Path { get; }

    /// <summary>Ascending by log.</summary>
    public IReadOnlyList<LogSum> Sums => _sums;

    /// <summary>What the counter shows: the base and all increments that the base had not seen.</summary>
    public Int128 Total(CounterBase? start)
    {
        Int128 total = start?.Base ?? 0;
        foreach (var (log, sum) in _sums) total += sum - (Int128)(start?.SeenOf(log) ?? 0);
        return total;
    }

    internal Counter Grow(LogId log, long delta)
    {
        int at = 0;
        while (at < _sums.Length && _sums[at].Log.CompareTo(log) < 0) at++;
        bool known = at < _sums.Length && _sums[at].Log == log;
        var sums = new LogSum[_sums.Length + (known ? 0 : 1)];
        _sums.AsSpan(0, at).CopyTo(sums);
        sums[at] = new(log, known && !Plants.HeadsOnlyCounter ? unchecked(_sums[at].Sum + delta) : delta);
        _sums.AsSpan(known ? at + 1 : at).CopyTo(sums.AsSpan(at + 1));
        return new(Path, sums);
    }

    /// <summary>[path, [[log, sum]…]]</summary>
    internal void Write(CborWriter writer)
    {
        writer.WriteArray(2);
        writer.WriteText(Path);
        CounterBase.WriteSums(writer, _sums);
    }

    internal static Counter Read(ref CborReader reader)
    {
        reader.ReadArrayOf(2);
        string path = reader.ReadText(Operation.MaxNameBytes);
        var sums = CounterBase.ReadSums(ref reader);
        return path.Length > 0 && sums.Length > 0 ? new(path, sums) : throw new VaultFormatException("A counter has no path or no log.");
    }
}
