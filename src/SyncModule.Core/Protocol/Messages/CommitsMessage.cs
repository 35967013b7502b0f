using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Protocol;

/// <summary>[[record, [block…]]…]: commits of one lane, in the order in which the receiver should store them.</summary>
public sealed record CommitsMessage(IReadOnlyList<CommitBundle> Bundles)
{
    /// <summary>Commits in one frame.</summary>
    public const int MaxBundles = 65_536;

    /// <summary>An upper bound for the encoded size of a bundle beyond its bytes.</summary>
    public static int Overhead(CommitBundle bundle) => 16 + (bundle.Blocks.Count * 5);

    public byte[] Encode()
    {
        var writer = new CborWriter((int)Math.Min(Bundles.Sum(b => b.Bytes + Overhead(b)) + 8, SessionLimits.MaxCommits));
        Write(writer);
        return writer.ToArray();
    }

    public void Write(CborWriter writer)
    {
        writer.WriteArray(Bundles.Count);
        foreach (var bundle in Bundles) WriteBundle(writer, bundle);
    }

    public static CommitsMessage Decode(ReadOnlySpan<byte> body)
    {
        var reader = new CborReader(body);
        int count = reader.ReadArray(MaxBundles);
        if (count == 0) throw new VaultFormatException("A COMMITS frame has no commit.");
        // Grown as items are read: an array's claim of its length costs one byte an item, a list slot costs eight.
        var bundles = new List<CommitBundle>();
        for (int i = 0; i < count; i++) bundles.Add(ReadBundle(ref reader));
        reader.Finish();
        return new(bundles);
    }

    internal static void WriteBundle(CborWriter writer, CommitBundle bundle)
    {
        writer.WriteArray(2);
        writer.WriteBytes(bundle.Record);
        writer.WriteArray(bundle.Blocks.Count);
        foreach (var block in bundle.Blocks) writer.WriteBytes(block);
    }

    internal static CommitBundle ReadBundle(ref CborReader reader)
    {
        reader.ReadArrayOf(2);
        var record = reader.ReadBytes(Commit.MaxRecordBytes).ToArray();
        var blocks = new byte[reader.ReadArray(Dot.MaxBlocks)][];
        long bytes = 0;
        for (int i = 0; i < blocks.Length; i++)
        {
            blocks[i] = reader.ReadBytes(CommitHeader.MaxBlockBytes).ToArray();
            bytes += blocks[i].Length;
        }

        if (bytes > CommitHeader.MaxBlockBytes) throw new VaultFormatException("A commit's blocks are larger than allowed.");
        return new(record, blocks, []);
    }
}
