using SyncModule.Core.Model;

namespace SyncModule.Engine.Storage;

/// <summary>Where sealed bytes stand in a pack, without the record's header.</summary>
public readonly record struct PackPosition(Id16 Pack, long Offset, int Length);

/// <summary>One object of a pack.</summary>
public readonly record struct PackRecord(ObjectAddress Address, PackPosition Position);

/// <summary>Bytes of a pack that are no record although records follow, or a body that is not what its address says.</summary>
public readonly record struct PackDamage(Id16 Pack, long Offset, long Length);

/// <summary>What a scan of one pack found.</summary>
/// <param name="Records">In file order, without padding.</param>
/// <param name="Damage">Skipped; kept for repair.</param>
/// <param name="End">Where the next record belongs, or would have been: behind the last whole one.</param>
/// <param name="IsComplete">True when the writer, or recovery after it, closed the pack: nothing is ever added.</param>
public sealed record PackScan(IReadOnlyList<PackRecord> Records, IReadOnlyList<PackDamage> Damage, long End, bool IsComplete);

/// <summary>
/// The bytes of a pack: <c>"SMPK" ‖ 01 ‖ random 16 ‖ record…</c>, in a file named by the random in hex. A closed pack ends with a
/// padding record of length 0.
/// </summary>
internal static class PackFormat
{
    public const string Folder = "packs";
    public const string Suffix = ".pack";
    public const int HeaderLength = 21;

    public static ReadOnlySpan<byte> Magic => "SMPK\u0001"u8;

    public static string PathOf(Id16 pack) => $"{Folder}/{pack}{Suffix}";

    public static byte[] Header(Id16 pack) => [.. Magic, .. pack.ToArray()];

    public static byte[] EndRecord()
    {
        var end = new byte[ObjectRecord.HeaderLength];
        ObjectRecord.WritePadding(end);
        return end;
    }

    public static Id16? ParseName(string name)
    {
        if (name.Length != 32 + Suffix.Length || !name.EndsWith(Suffix, StringComparison.Ordinal)) return null;
        ReadOnlySpan<char> hex = name.AsSpan(0, 32);
        return hex.ContainsAnyExcept("0123456789abcdef") ? null : Id16.FromHex(hex.ToString());
    }
}
