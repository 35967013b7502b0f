using System.Buffers.Binary;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>Puts rows in the order of their tags. Tags are uniform, so two passes over the first 16 bits leave next to nothing to compare.</summary>
internal static class TagOrder
{
    private const int Buckets = 1 << 16;
    private const int WorthCounting = 4096;

    /// <summary>The positions of <paramref name="rows"/>, ascending by tag.</summary>
    public static int[] Of<T>(ReadOnlySpan<T> rows, Func<T, Id16> tagOf)
    {
        var (order, tags) = (new int[rows.Length], new Id16[rows.Length]);
        for (int i = 0; i < rows.Length; i++) tags[i] = tagOf(rows[i]);
        if (rows.Length < WorthCounting)
        {
            for (int i = 0; i < order.Length; i++) order[i] = i;
            Array.Sort(tags, order);
            return order;
        }

        var ends = new int[Buckets + 1];
        foreach (var tag in tags) ends[Bucket(tag) + 1]++;
        for (int b = 1; b <= Buckets; b++) ends[b] += ends[b - 1];
        for (int i = 0; i < tags.Length; i++)
        {
            order[ends[Bucket(tags[i])]++] = i;
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

    private static int Bucket(Id16 tag)
    {
        Span<byte> bytes = stackalloc byte[Id16.Size];
        tag.CopyTo(bytes);
        return BinaryPrimitives.ReadUInt16BigEndian(bytes);
    }
}
