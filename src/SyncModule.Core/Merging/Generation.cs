using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Merging;

/// <summary>What one `own` operation says (format-1 §9): from it on <paramref name="Owner"/> owns the unit, if it counts. See <see cref="OwnDetail"/>.</summary>
/// <param name="Dot">By which writes cite it.</param>
/// <param name="Timestamp">The operation's time.</param>
/// <param name="Device">Who said so.</param>
/// <param name="Log">Of its commit.</param>
/// <param name="Sequence">In that log.</param>
/// <param name="Unit">A record with what stands under it, "" for the collection.</param>
/// <param name="Owner">Who may write from now on.</param>
/// <param name="After">The generation that it ends; null for a first one.</param>
/// <param name="Final">What counts of what was written before.</param>
public sealed record Generation(Dot Dot, HybridTimestamp Timestamp, DeviceId Device, LogId Log, ulong Sequence, string Unit, DeviceId Owner, Dot? After, VersionVector Final)
{
    public bool Covers(string key) => Covers(Unit, key);

    /// <summary>Whether a unit holds a key: the record itself and what stands under it; "" holds all.</summary>
    public static bool Covers(string unit, string key) => unit.Length == 0 || key == unit || (key.Length > unit.Length && key[unit.Length] == '/' && key.StartsWith(unit, StringComparison.Ordinal));

    /// <summary>Every unit that <see cref="Covers(string, string)"/> a key, the longest first.</summary>
    public static IEnumerable<string> UnitsOver(string key)
    {
        yield return key;
        for (int at = key.Length; at > 0 && (at = key.LastIndexOf('/', at - 1)) > 0;) yield return key[..at];
        if (key.Length > 0) yield return "";
    }

    /// <summary>The unit that a key belongs to where records are owned by policy: the root record, which is the key up to its first /.</summary>
    public static string RootOf(string key) => key.IndexOf('/', StringComparison.Ordinal) is > 0 and var at ? key[..at] : key;

    /// <summary>The order of format-1 §7.</summary>
    internal static int CompareOrder(Generation left, Generation right)
    {
        int c = left.Timestamp.CompareTo(right.Timestamp);
        if (c == 0) c = left.Device.CompareTo(right.Device);
        return c != 0 ? c : left.Dot.CompareTo(right.Dot);
    }

    /// <summary>[dot, ts, device, log, seq, unit, owner, after or null, final]</summary>
    internal void Write(CborWriter writer)
    {
        writer.WriteArray(9);
        Dot.Write(writer);
        writer.WriteUInt(Timestamp.Value);
        writer.WriteId(Device);
        writer.WriteId(Log);
        writer.WriteUInt(Sequence);
        writer.WriteText(Unit);
        writer.WriteId(Owner);
        if (After is { } after) after.Write(writer);
        else writer.WriteNull();
        Final.Write(writer);
    }

    internal static Generation Read(ref CborReader reader)
    {
        reader.ReadArrayOf(9);
        var dot = Dot.Read(ref reader);
        var timestamp = new HybridTimestamp(reader.ReadUInt(HybridTimestamp.Limit - 1));
        var (device, log) = (reader.ReadId32(), reader.ReadId16());
        ulong sequence = reader.ReadUInt(CommitHeader.MaxSequence);
        string unit = reader.ReadText(Operation.MaxNameBytes);
        var owner = reader.ReadId32();
        Dot? after = reader.TryReadNull() ? null : Dot.Read(ref reader);
        return new(dot, timestamp, device, log, sequence, unit, owner, after, VersionVector.Read(ref reader));
    }
}
