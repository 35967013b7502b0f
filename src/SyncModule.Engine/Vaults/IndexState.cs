using System.Buffers.Binary;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// The summary that moves with the rows in every index transaction: the mark in the log, the vectors, what the next own commit has
/// to name, the clock and the counts. <see cref="Version"/> tells a process that another one has moved it.
/// </summary>
internal sealed class IndexState
{
    private const int FormatVersion = 7;
    private const int SumLength = sizeof(uint);
    private const int MaxMentioned = 1 << 20;

    public ulong Version { get; set; }

    /// <summary>End of the last group that is in the index.</summary>
    public LogMark Mark { get; set; }

    /// <summary>Data commits that are durable here with their blocks.</summary>
    public VersionVector Held { get; private set; } = new();

    /// <summary>Data commits that were folded or that have no effect.</summary>
    public VersionVector Applied { get; private set; } = new();

    /// <summary>Membership commits that are durable here.</summary>
    public VersionVector Members { get; private set; } = new();

    /// <summary>
    /// Applied tips that an applied commit of another log names in its `deps`. What this device writes next names all other tips:
    /// each applied commit is then behind a named tip or behind the own previous commit, and nothing is named twice.
    /// </summary>
    public SortedSet<CommitId> Mentioned { get; private set; } = [];

    /// <summary>The greatest timestamp of own commits and, within bounds, of received ones.</summary>
    public HybridTimestamp Clock { get; set; }

    /// <summary>Number given to the next applied commit.</summary>
    public ulong NextOrder { get; set; } = 1;

    public long Items { get; set; }

    public long Commits { get; set; }

    public long Objects { get; set; }

    /// <summary>Sealed bytes of all objects.</summary>
    public long ObjectBytes { get; set; }

    public long WaitingCommits { get; set; }

    /// <summary>CBOR ‖ u32 CRC-32C of it. Peers are told what these vectors say: a bit that rots here must not claim a commit that was lost.</summary>
    public byte[] Encode()
    {
        var writer = new CborWriter(1024);
        writer.WriteArray(14);
        writer.WriteUInt(FormatVersion);
        writer.WriteUInt(Version);
        WriteMark(writer, Mark);
        Held.Write(writer);
        Applied.Write(writer);
        Members.Write(writer);
        writer.WriteArray(Mentioned.Count);
        foreach (var id in Mentioned) writer.WriteId(id);
        writer.WriteUInt(Clock.Value);
        writer.WriteUInt(NextOrder);
        writer.WriteInt(Items);
        writer.WriteInt(Commits);
        writer.WriteInt(Objects);
        writer.WriteInt(ObjectBytes);
        writer.WriteInt(WaitingCommits);
        var row = new byte[writer.Written.Length + SumLength];
        writer.Written.CopyTo(row);
        BinaryPrimitives.WriteUInt32BigEndian(row.AsSpan(row.Length - SumLength), Crc32C.Compute(writer.Written));
        return row;
    }

    /// <summary>The version in an encoded state, without reading the rest.</summary>
    public static ulong PeekVersion(ReadOnlySpan<byte> row)
    {
        var reader = new CborReader(row);
        reader.ReadArrayOf(14);
        reader.ReadUInt();
        return reader.ReadUInt();
    }

    /// <summary>The mark in an encoded state, without reading the rest.</summary>
    public static LogMark PeekMark(ReadOnlySpan<byte> row)
    {
        var reader = new CborReader(row);
        reader.ReadArrayOf(14);
        reader.ReadUInt();
        reader.ReadUInt();
        return ReadMark(ref reader);
    }

    public static IndexState Decode(ReadOnlySpan<byte> row)
    {
        if (row.Length < SumLength || BinaryPrimitives.ReadUInt32BigEndian(row[^SumLength..]) != Crc32C.Compute(row[..^SumLength])) throw new VaultFormatException("The state of the index is damaged.");
        var reader = new CborReader(row[..^SumLength]);
        reader.ReadArrayOf(14);
        if (reader.ReadUInt() != FormatVersion) throw new VaultFormatException("The index is of another version.");
        var state = new IndexState { Version = reader.ReadUInt() };
        state.Mark = ReadMark(ref reader);
        state.Held = VersionVector.Read(ref reader);
        state.Applied = VersionVector.Read(ref reader);
        state.Members = VersionVector.Read(ref reader);
        int mentioned = reader.ReadArray(MaxMentioned);
        for (int i = 0; i < mentioned; i++) state.Mentioned.Add(reader.ReadId32());
        state.Clock = new(reader.ReadUInt());
        state.NextOrder = reader.ReadUInt();
        state.Items = reader.ReadInt();
        state.Commits = reader.ReadInt();
        state.Objects = reader.ReadInt();
        state.ObjectBytes = reader.ReadInt();
        state.WaitingCommits = reader.ReadInt();
        reader.Finish();
        return state;
    }

    private static void WriteMark(CborWriter writer, LogMark mark)
    {
        writer.WriteArray(6);
        writer.WriteUInt((ulong)mark.Segment);
        writer.WriteId(mark.SegmentId);
        writer.WriteUInt((ulong)mark.Offset);
        writer.WriteUInt(mark.Last.Number);
        writer.WriteUInt((ulong)mark.Last.Length);
        writer.WriteUInt(mark.Last.Checksum);
    }

    private static LogMark ReadMark(ref CborReader reader)
    {
        reader.ReadArrayOf(6);
        return new((int)reader.ReadUInt(int.MaxValue), reader.ReadId16(), (long)reader.ReadUInt(long.MaxValue), new(reader.ReadUInt(), (int)reader.ReadUInt(int.MaxValue), (uint)reader.ReadUInt(uint.MaxValue)));
    }
}
