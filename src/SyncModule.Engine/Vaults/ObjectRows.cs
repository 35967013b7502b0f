using System.Buffers.Binary;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Where the sealed bytes of an object stand: in a pack (its 16-byte name) or in the log (a segment number, pack = 0^16).
/// Row: pack 16 ‖ segment u32 ‖ offset u64 ‖ length u32.
/// </summary>
internal readonly record struct ObjectLocation(Id16 Pack, int Segment, long Offset, int Length)
{
    private const int Size = 32;

    public static ObjectLocation InPack(PackPosition position) => new(position.Pack, 0, position.Offset, position.Length);

    public static ObjectLocation InLog(LogPosition position) => new(default, position.Segment, position.Offset, position.Length);

    public byte[] Encode()
    {
        var row = new byte[Size];
        Pack.CopyTo(row);
        BinaryPrimitives.WriteInt32BigEndian(row.AsSpan(16), Segment);
        BinaryPrimitives.WriteInt64BigEndian(row.AsSpan(20), Offset);
        BinaryPrimitives.WriteInt32BigEndian(row.AsSpan(28), Length);
        return row;
    }

    public static ObjectLocation Decode(ReadOnlySpan<byte> row)
    {
        if (row.Length != Size) throw new VaultFormatException("An object's row has the wrong length.");
        var location = new ObjectLocation(new(row[..16]), BinaryPrimitives.ReadInt32BigEndian(row[16..]), BinaryPrimitives.ReadInt64BigEndian(row[20..]), BinaryPrimitives.ReadInt32BigEndian(row[28..]));
        if (location.Length < 0 || location.Length > SealedObjects.MaxSealedSize || location.Offset < 0) throw new VaultFormatException("An object's row names an impossible place.");
        return location;
    }
}

/// <summary>A reference whose object is not here, and the first commit of each log that needs it: `full` stops before those.</summary>
internal sealed record WantedRow(ObjectReference Reference, IReadOnlyDictionary<LogId, ulong> NeededBy)
{
    private const int MaxLogs = 1 << 16;

    /// <summary>Needed by these as well.</summary>
    public WantedRow With(IReadOnlyDictionary<LogId, ulong> others)
    {
        if (others.All(o => NeededBy.TryGetValue(o.Key, out ulong known) && known <= o.Value)) return this;
        var all = new SortedDictionary<LogId, ulong>(NeededBy.ToDictionary());
        foreach (var (log, sequence) in others) all[log] = all.TryGetValue(log, out ulong known) ? Math.Min(known, sequence) : sequence;
        return this with { NeededBy = all };
    }

    public void Write(CborWriter writer)
    {
        writer.WriteArray(2);
        Reference.Write(writer);
        writer.WriteArray(NeededBy.Count);
        foreach (var (log, sequence) in NeededBy)
        {
            writer.WriteArray(2);
            writer.WriteId(log);
            writer.WriteUInt(sequence);
        }
    }

    public static WantedRow Decode(ReadOnlySpan<byte> row)
    {
        var reader = new CborReader(row);
        reader.ReadArrayOf(2);
        var reference = ObjectReference.Read(ref reader);
        var neededBy = new SortedDictionary<LogId, ulong>();
        int count = reader.ReadArray(MaxLogs);
        for (int i = 0; i < count; i++)
        {
            reader.ReadArrayOf(2);
            neededBy[reader.ReadId16()] = reader.ReadUInt();
        }

        reader.Finish();
        return new(reference, neededBy);
    }
}
