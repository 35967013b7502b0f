using SyncModule.Core.Encoding;

namespace SyncModule.Core.Model;

/// <summary>Data (0) and membership (1) are written in separate logs (format-1 §2).</summary>
public enum Lane : byte
{
    Data = 0,
    Membership = 1,
}

/// <summary>Bit 0: all operations of the commit or none (format-1 §7). Other bits belong to newer versions.</summary>
[Flags]
public enum CommitFlags : ushort
{
    None = 0,
    Atomic = 1,
}

/// <summary>One sealed block that a commit names: the collection's tag, the block's id and its sealed size in bytes.</summary>
public readonly record struct BlockEntry(CollectionTag Tag, BlockId Id, int Size);

/// <summary>
/// The clear, signed head of a commit (format-1 §3): who wrote it, where it stands in its log, what it depends on and which blocks it
/// carries. Sequence and previous count inside one log only.
/// </summary>
public sealed record CommitHeader(
    VaultId Vault,
    Lane Lane,
    DeviceId Device,
    LogId Log,
    ulong Sequence,
    CommitId Previous,
    IReadOnlyList<CommitId> Dependencies,
    IReadOnlyList<CommitId> Members,
    HybridTimestamp Timestamp,
    CommitFlags Flags,
    IReadOnlyList<BlockEntry> Blocks)
{
    /// <summary>Ids in `deps` and in `members`.</summary>
    public const int MaxIds = 64;

    /// <summary>Sealed bytes of all inline blocks of one commit.</summary>
    public const int MaxBlockBytes = 4 << 20;

    /// <summary>Sequence numbers stay exact in every language.</summary>
    public const ulong MaxSequence = 1UL << 53;

    private const int FormatVersion = 1;

    /// <summary>The canonical bytes that the id hashes.</summary>
    public byte[] Encode()
    {
        var writer = new CborWriter(256 + (Blocks.Count * 64) + ((Dependencies.Count + Members.Count) * 34));
        writer.WriteArray(12);
        writer.WriteUInt(FormatVersion);
        writer.WriteId(Vault);
        writer.WriteUInt((ulong)Lane);
        writer.WriteId(Device);
        writer.WriteId(Log);
        writer.WriteUInt(Sequence);
        writer.WriteId(Previous);
        WriteIds(writer, Dependencies);
        WriteIds(writer, Members);
        writer.WriteUInt(Timestamp.Value);
        writer.WriteUInt((ulong)Flags);
        writer.WriteArray(Blocks.Count);
        foreach (var block in Blocks)
        {
            writer.WriteArray(3);
            writer.WriteId(block.Tag);
            writer.WriteId(block.Id);
            writer.WriteUInt((ulong)block.Size);
        }

        return writer.ToArray();
    }

    /// <summary>Reads and checks everything that can be checked without other commits or keys.</summary>
    public static CommitHeader Read(ref CborReader reader)
    {
        reader.ReadArrayOf(12);
        if (reader.ReadUInt() != FormatVersion) throw new VaultFormatException("The commit's format is unknown.");
        var vault = reader.ReadId32();
        var lane = (Lane)reader.ReadUInt(1);
        var device = reader.ReadId32();
        var log = reader.ReadId16();
        ulong sequence = reader.ReadUInt(MaxSequence);
        var previous = reader.ReadId32();
        var dependencies = ReadIds(ref reader);
        var members = ReadIds(ref reader);
        var timestamp = new HybridTimestamp(reader.ReadUInt(HybridTimestamp.Limit - 1));
        var flags = (CommitFlags)reader.ReadUInt(ushort.MaxValue);
        var blocks = new BlockEntry[reader.ReadArray(Dot.MaxBlocks)];
        long bytes = 0;
        for (int i = 0; i < blocks.Length; i++)
        {
            reader.ReadArrayOf(3);
            blocks[i] = new(reader.ReadId16(), reader.ReadId32(), (int)reader.ReadUInt(MaxBlockBytes));
            bytes += blocks[i].Size;
            if (i > 0 && blocks[i].Tag <= blocks[i - 1].Tag) throw new VaultFormatException("A commit's blocks are not in order.");
        }

        if (sequence == 0) throw new VaultFormatException("Sequence numbers start at 1.");
        if (previous.IsZero != (sequence == 1)) throw new VaultFormatException("The previous commit does not fit the sequence number.");
        if (bytes > MaxBlockBytes) throw new VaultFormatException("A commit's blocks are larger than allowed.");
        if (lane == Lane.Membership)
        {
            if (dependencies.Length > 0 || blocks.Length != 1 || !blocks[0].Tag.IsZero) throw new VaultFormatException("A membership commit has one block and no dependencies.");
            if (members.Length == 0 && sequence != 1) throw new VaultFormatException("Only the genesis commit has no parents.");
        }
        else if (members.Length == 0)
        {
            throw new VaultFormatException("Only the genesis commit has no parents.");
        }

        return new(vault, lane, device, log, sequence, previous, dependencies, members, timestamp, flags, blocks);
    }

    private static void WriteIds(CborWriter writer, IReadOnlyList<CommitId> ids)
    {
        writer.WriteArray(ids.Count);
        foreach (var id in ids) writer.WriteId(id);
    }

    private static CommitId[] ReadIds(ref CborReader reader)
    {
        var ids = new CommitId[reader.ReadArray(MaxIds)];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = reader.ReadId32();
            if (i > 0 && ids[i] <= ids[i - 1]) throw new VaultFormatException("Commit ids are not in order.");
        }

        return ids;
    }
}
