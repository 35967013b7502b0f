using SyncModule.Core.Encoding;

namespace SyncModule.Core.Model;

/// <summary>What an operation carries that writes no values: increments, elements of sets, or a tree that goes (format-1 §4). Most operations have none.</summary>
public abstract record OperationDetail
{
    /// <summary>False for one with more parts than a reader takes.</summary>
    public virtual bool IsWithinLimits => true;

    /// <summary>Not less than its encoded bytes.</summary>
    public abstract long EstimatedSize { get; }

    /// <summary>The payload, behind the operation's timestamp.</summary>
    internal abstract void Write(CborWriter writer);

    /// <summary>Throws <see cref="VaultFormatException"/> when it is malformed.</summary>
    internal static OperationDetail Read(OperationKind kind, ref CborReader reader) => kind switch
    {
        OperationKind.Increment => IncrementDetail.Read(ref reader),
        OperationKind.Add or OperationKind.Remove => ElementDetail.Read(ref reader),
        OperationKind.RemoveTree => TreeDetail.Read(ref reader),
        OperationKind.Own => OwnDetail.Read(ref reader),
        OperationKind.Checkpoint => CheckpointDetail.Read(ref reader),
        _ => throw new VaultFormatException("An operation of this kind has no such payload."),
    };
}

/// <summary>One counter and by how much it grows; below zero it shrinks.</summary>
public readonly record struct Increment(string Path, long Delta);

/// <summary>[[path, delta]…], paths ascending; each delta within ±2^53 and not 0.</summary>
public sealed record IncrementDetail(IReadOnlyList<Increment> Increments) : OperationDetail
{
    /// <summary>What numbers in JSON carry without loss (RFC 8259 §6).</summary>
    public const long MaxDelta = 1L << 53;

    /// <inheritdoc/>
    public override bool IsWithinLimits => Increments.Count <= Operation.MaxCells;

    /// <inheritdoc/>
    public override long EstimatedSize => 8 + Increments.Sum(i => 16L + (3L * i.Path.Length));

    internal override void Write(CborWriter writer)
    {
        writer.WriteArray(Increments.Count);
        foreach (var (path, delta) in Increments)
        {
            writer.WriteArray(2);
            writer.WriteText(path);
            writer.WriteInt(delta);
        }
    }

    internal static IncrementDetail Read(ref CborReader reader)
    {
        var increments = new Increment[reader.ReadArray(Operation.MaxCells)];
        if (increments.Length == 0) throw new VaultFormatException("An increment names no counter.");
        for (int i = 0; i < increments.Length; i++)
        {
            reader.ReadArrayOf(2);
            string path = reader.ReadText(Operation.MaxNameBytes);
            long delta = reader.ReadInt();
            if (path.Length == 0 || (i > 0 && string.CompareOrdinal(path, increments[i - 1].Path) <= 0)) throw new VaultFormatException("Counters are not in order.");
            if (delta is 0 or > MaxDelta or < -MaxDelta) throw new VaultFormatException("An increment is out of bounds.");
            increments[i] = new(path, delta);
        }

        return new(increments);
    }
}

/// <summary>Elements of the set at one path, in the order of their bytes.</summary>
public sealed record ElementWrite(string Path, IReadOnlyList<ReadOnlyMemory<byte>> Elements);

/// <summary>[[path, [element bytes…]]…], paths and elements ascending. What an element leaves or replaces is said by the operation's `replaces`.</summary>
public sealed record ElementDetail(IReadOnlyList<ElementWrite> Sets) : OperationDetail
{
    /// <summary>Bytes of one element.</summary>
    public const int MaxElementBytes = ItemValue.MaxInline;

    /// <inheritdoc/>
    public override bool IsWithinLimits => Sets.Count <= Operation.MaxCells && Sets.All(s => s.Elements.Count <= Operation.MaxCells);

    /// <inheritdoc/>
    public override long EstimatedSize => 8 + Sets.Sum(s => 16L + (3L * s.Path.Length) + s.Elements.Sum(e => 5L + e.Length));

    internal override void Write(CborWriter writer)
    {
        writer.WriteArray(Sets.Count);
        foreach (var set in Sets)
        {
            writer.WriteArray(2);
            writer.WriteText(set.Path);
            writer.WriteArray(set.Elements.Count);
            foreach (var element in set.Elements) writer.WriteBytes(element.Span);
        }
    }

    internal static ElementDetail Read(ref CborReader reader)
    {
        var sets = new ElementWrite[reader.ReadArray(Operation.MaxCells)];
        if (sets.Length == 0) throw new VaultFormatException("An operation on sets names none.");
        for (int i = 0; i < sets.Length; i++)
        {
            reader.ReadArrayOf(2);
            string path = reader.ReadText(Operation.MaxNameBytes);
            if (path.Length == 0 || (i > 0 && string.CompareOrdinal(path, sets[i - 1].Path) <= 0)) throw new VaultFormatException("Sets are not in order.");
            var elements = new ReadOnlyMemory<byte>[reader.ReadArray(Operation.MaxCells)];
            if (elements.Length == 0) throw new VaultFormatException("An operation on a set names no element.");
            for (int e = 0; e < elements.Length; e++)
            {
                elements[e] = reader.ReadBytes(MaxElementBytes).ToArray();
                if (e > 0 && elements[e].Span.SequenceCompareTo(elements[e - 1].Span) <= 0) throw new VaultFormatException("A set's elements are not in order.");
            }

            sets[i] = new(path, elements);
        }

        return new(sets);
    }
}

/// <summary>
/// [prefix, seen]: every version under the prefix that lies in <paramref name="Seen"/>, the author's applied vector, is deleted; what the
/// author had not seen stays (format-1 §7). An empty prefix is the whole collection.
/// </summary>
public sealed record TreeDetail(string Prefix, VersionVector Seen) : OperationDetail
{
    /// <inheritdoc/>
    public override long EstimatedSize => 16 + (3L * Prefix.Length) + Seen.Logs.Sum(l => 24L + (48L * l.Value.Length));

    internal override void Write(CborWriter writer)
    {
        writer.WriteArray(2);
        writer.WriteText(Prefix);
        Seen.Write(writer);
    }

    internal static TreeDetail Read(ref CborReader reader)
    {
        reader.ReadArrayOf(2);
        return new(reader.ReadText(Operation.MaxNameBytes), VersionVector.Read(ref reader));
    }
}

/// <summary>
/// [unit, to, after or null, final]: who owns a unit from now on (format-1 §9). The unit is a record and what stands under it ("disk" covers "disk" and
/// "disk/…"), or with "" the whole collection. <paramref name="After"/> is the generation that ends; null: nobody owned it. <paramref name="Final"/> is the
/// author's applied vector: what counts of everything that was written before.
/// </summary>
public sealed record OwnDetail(string Unit, DeviceId To, Dot? After, VersionVector Final) : OperationDetail
{
    /// <inheritdoc/>
    public override long EstimatedSize => 128 + (3L * Unit.Length) + Final.Logs.Sum(l => 24L + (48L * l.Value.Length));

    internal override void Write(CborWriter writer)
    {
        writer.WriteArray(4);
        writer.WriteText(Unit);
        writer.WriteId(To);
        if (After is { } after) after.Write(writer);
        else writer.WriteNull();
        Final.Write(writer);
    }

    internal static OwnDetail Read(ref CborReader reader)
    {
        reader.ReadArrayOf(4);
        string unit = reader.ReadText(Operation.MaxNameBytes);
        var to = reader.ReadId32();
        Dot? after = reader.TryReadNull() ? null : Dot.Read(ref reader);
        return new(unit, to, after, VersionVector.Read(ref reader));
    }
}
