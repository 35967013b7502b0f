using SyncModule.Core.Encoding;

namespace SyncModule.Core.Model;

/// <summary>Deletions of one cell that are dropped, as dots in ascending order; "" is the item itself.</summary>
public sealed record DroppedCell(string Path, IReadOnlyList<Dot> Dots);

/// <summary>What is dropped of one item, cells ascending by path.</summary>
public sealed record DroppedItem(string Key, IReadOnlyList<DroppedCell> Cells);

/// <summary>
/// The payload of a checkpoint of one collection (format-1 §8, docs/decisions/095): [floor, state hash, [[key, [[path, [dot…]]…]]…], snapshot or null].
/// Every device has applied what lies at or below the floor. Deletions that it names are dropped by whoever applies it; nothing else is.
/// </summary>
/// <param name="Floor">Causally closed; passes no fork.</param>
/// <param name="StateHash">MAC of the states of the collection as the operations at or below the floor alone make them.</param>
/// <param name="Dropped">Ascending by key.</param>
/// <param name="Snapshot">Those states, for who never had the operations; null in all but the last operation of a checkpoint that has several.</param>
public sealed record CheckpointDetail(VersionVector Floor, Id32 StateHash, IReadOnlyList<DroppedItem> Dropped, ItemValue? Snapshot) : OperationDetail
{
    /// <inheritdoc/>
    public override bool IsWithinLimits => Dropped.Count <= Operation.MaxCells && Dropped.All(d => d.Cells.Count <= Operation.MaxCells && d.Cells.All(c => c.Dots.Count <= Operation.MaxCells));

    /// <inheritdoc/>
    public override long EstimatedSize => 160 + Floor.Logs.Sum(l => 24L + (48L * l.Value.Length)) + Dropped.Sum(SizeOf) + (Snapshot is { Reference: null } inline ? inline.Length : ObjectReference.MaxEncodedSize);

    /// <summary>Not less than the encoded bytes of one item.</summary>
    public static long SizeOf(DroppedItem item) => 16 + (3L * item.Key.Length) + item.Cells.Sum(c => 16 + (3L * c.Path.Length) + (44L * c.Dots.Count));

    internal override void Write(CborWriter writer)
    {
        writer.WriteArray(4);
        Floor.Write(writer);
        writer.WriteId(StateHash);
        writer.WriteArray(Dropped.Count);
        foreach (var (key, cells) in Dropped)
        {
            writer.WriteArray(2);
            writer.WriteText(key);
            writer.WriteArray(cells.Count);
            foreach (var (path, dots) in cells)
            {
                writer.WriteArray(2);
                writer.WriteText(path);
                writer.WriteArray(dots.Count);
                foreach (var dot in dots) dot.Write(writer);
            }
        }

        if (Snapshot is null) writer.WriteNull();
        else Snapshot.Write(writer);
    }

    internal static CheckpointDetail Read(ref CborReader reader)
    {
        reader.ReadArrayOf(4);
        var floor = VersionVector.Read(ref reader);
        var hash = reader.ReadId32();
        var dropped = new DroppedItem[reader.ReadArray(Operation.MaxCells)];
        for (int i = 0; i < dropped.Length; i++)
        {
            reader.ReadArrayOf(2);
            string key = reader.ReadText(Operation.MaxNameBytes);
            if (key.Length == 0 || (i > 0 && string.CompareOrdinal(key, dropped[i - 1].Key) <= 0)) throw new VaultFormatException("Items of a checkpoint are not in order.");
            dropped[i] = new(key, ReadCells(ref reader));
        }

        return new(floor, hash, dropped, reader.TryReadNull() ? null : ItemValue.Read(reader.ReadEncoded(), null, hasContent: true));
    }

    private static DroppedCell[] ReadCells(ref CborReader reader)
    {
        var cells = new DroppedCell[reader.ReadArray(Operation.MaxCells)];
        if (cells.Length == 0) throw new VaultFormatException("An item of a checkpoint names no cell.");
        for (int c = 0; c < cells.Length; c++)
        {
            reader.ReadArrayOf(2);
            string path = reader.ReadText(Operation.MaxNameBytes);
            if (c > 0 && string.CompareOrdinal(path, cells[c - 1].Path) <= 0) throw new VaultFormatException("Cells of a checkpoint are not in order.");
            var dots = new Dot[reader.ReadArray(Operation.MaxCells)];
            if (dots.Length == 0) throw new VaultFormatException("A cell of a checkpoint names no deletion.");
            for (int d = 0; d < dots.Length; d++)
            {
                dots[d] = Dot.Read(ref reader);
                if (d > 0 && dots[d].CompareTo(dots[d - 1]) <= 0) throw new VaultFormatException("Deletions of a checkpoint are not in order.");
            }

            cells[c] = new(path, dots);
        }

        return cells;
    }
}
