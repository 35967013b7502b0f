using SyncModule.Core.Encoding;

namespace SyncModule.Core.Model;

/// <summary>
/// The name of one operation: the commit that carries it and its index, 65,536 × position of the block + position in the block
/// (format-1 §4).
/// </summary>
public readonly record struct Dot(CommitId Commit, int Index) : IComparable<Dot>
{
    /// <summary>Operations in one block are numbered below this.</summary>
    public const int BlockStride = 65_536;

    /// <summary>Blocks in one commit.</summary>
    public const int MaxBlocks = 256;

    public static Dot At(CommitId commit, int block, int position) => new(commit, (Plants.DotsCollide ? 0 : block * BlockStride) + position);

    /// <inheritdoc/>
    public int CompareTo(Dot other)
    {
        int c = Commit.CompareTo(other.Commit);
        return c != 0 ? c : Index.CompareTo(other.Index);
    }

    public void Write(CborWriter writer)
    {
        writer.WriteArray(2);
        writer.WriteId(Commit);
        writer.WriteUInt((ulong)Index);
    }

    public static Dot Read(ref CborReader reader)
    {
        reader.ReadArrayOf(2);
        return new(reader.ReadId32(), (int)reader.ReadUInt((MaxBlocks * BlockStride) - 1));
    }
}
