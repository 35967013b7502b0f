using System.Globalization;

namespace SyncModule.Core.Model;

/// <summary>
/// 48-bit milliseconds since 1970 ‖ 16-bit counter, in one number (format-1 §3). It orders concurrent heads and is shown to
/// people; it is never a reason to accept or refuse anything.
/// </summary>
public readonly record struct HybridTimestamp(ulong Value) : IComparable<HybridTimestamp>
{
    /// <summary>Values from here on are malformed (format-1 §3).</summary>
    public const ulong Limit = 1UL << 63;

    /// <summary>How far a received timestamp may pull the local clock forward, in milliseconds.</summary>
    public const long MaxDriftMilliseconds = 5 * 60 * 1000;

    /// <summary>Milliseconds since 1970-01-01 UTC.</summary>
    public long Milliseconds => (long)(Value >> 16);

    /// <summary>Distinguishes timestamps of one millisecond.</summary>
    public int Counter => (int)(Value & 0xFFFF);

    /// <summary>The timestamp of a wall-clock time, counter 0. Times outside the 48-bit range are clamped.</summary>
    public static HybridTimestamp FromMilliseconds(long milliseconds) =>
        new((ulong)Math.Clamp(milliseconds, 0, (long)((Limit - 1) >> 16)) << 16);

    /// <summary>The timestamp right behind this one; at the cap it stays equal (format-1 §3).</summary>
    public HybridTimestamp Next() => Value >= Limit - 1 ? new(Limit - 1) : new(Value + 1);

    /// <inheritdoc/>
    public int CompareTo(HybridTimestamp other) => Value.CompareTo(other.Value);

    /// <summary>The wall-clock part, for people.</summary>
    public DateTimeOffset ToDateTimeOffset() => DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(Milliseconds, 253402300799999));

    /// <summary>ISO 8601 with milliseconds, then the counter.</summary>
    public override string ToString() =>
        ToDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture) + "+" + Counter.ToString(CultureInfo.InvariantCulture);
}
