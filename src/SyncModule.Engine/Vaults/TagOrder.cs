using System.Buffers.Binary;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Puts rows in the order of their tags. Tags are uniform, so two passes over their first bits leave next to nothing to compare; and the
/// framework's own sort would be compiled for them by each new process.
/// </summary>
internal static class TagOrder
{
    private const int FewBits = 12, ManyBits = 16;
    private const int Many = 1 << 16;

    /// <summary>The positions of <paramref name="rows"/>, ascending by tag.</summary>
    public static int[] Of<T>(ReadOnlySpan<T> rows, Func<T, Id16> tagOf)
    {
        var (order, tags) = (new int[rows.Length], new Id16[rows.Length]);
        for (int i = 0; i < rows.Length; i++) tags[i] = tagOf(rows[i]);
        int bits = rows.Length < Many ? FewBits : ManyBits;
        var ends = new int[(1 << bits) + 1];
        foreach (var tag in tags) ends[Bucket(tag, bits) + 1]++;
        for (int b = 1; b < ends.Length; b++) ends[b] += ends[b - 1];
        for (int i = 0; i < tags.Length; i++)
        {
            order[ends[Bucket(tags[i], bits)]++] = i;
        }

        // Buckets are in order already: a row moves within its own only, past the few that are there.
        for (int i = 1; i < order.Length; i++)
        {
            int moved = order[i], at = i;
            for (; at > 0 && tags[order[at - 1]] > tags[moved]; at--) order[at] = order[at - 1];
            order[at] = moved;
        }

        return order;
    }

    private static int Bucket(Id16 tag, int bits)
    {
        Span<byte> bytes = stackalloc byte[Id16.Size];
        tag.CopyTo(bytes);
        return BinaryPrimitives.ReadUInt16BigEndian(bytes) >> (16 - bits);
    }
}
