using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Merging;

/// <summary>One element with the additions that stand, at least one, ascending by dot. A remove takes away those that it names, so an addition that it had not seen wins.</summary>
public sealed class Element
{
    private readonly Head[] _heads;

    internal Element(ReadOnlyMemory<byte> bytes, Head[] heads) => (Bytes, _heads) = (bytes, heads);

    public ReadOnlyMemory<byte> Bytes { get; }

    public IReadOnlyList<Head> Heads => _heads;

    /// <summary>[bytes, [head…]]</summary>
    internal void Write(CborWriter writer)
    {
        writer.WriteArray(2);
        writer.WriteBytes(Bytes.Span);
        writer.WriteArray(_heads.Length);
        foreach (var head in _heads) head.Write(writer);
    }

    internal static Element Read(ref CborReader reader)
    {
        reader.ReadArrayOf(2);
        var bytes = reader.ReadBytes(ElementDetail.MaxElementBytes).ToArray();
        var heads = new Head[reader.ReadArray(int.MaxValue)];
        if (heads.Length == 0) throw new VaultFormatException("An element has no head.");
        for (int i = 0; i < heads.Length; i++)
        {
            heads[i] = Head.ReadAddition(ref reader);
            if (i > 0 && heads[i].Dot.CompareTo(heads[i - 1].Dot) <= 0) throw new VaultFormatException("An element's heads are not in order.");
        }

        return new(bytes, heads);
    }
}

/// <summary>An observed-remove set: path → {element → {dot}} (format-1 §7). At least one element, in the order of their bytes.</summary>
public sealed class ElementSet
{
    private readonly Element[] _elements;

    internal ElementSet(string path, Element[] elements) => (Path, _elements) = (path, elements);

    public string Path { get; }

    public IReadOnlyList<Element> Elements => _elements;

    public Element? Find(ReadOnlySpan<byte> bytes)
    {
        int at = Ordered.Find(_elements, bytes, static (e, b) => e.Bytes.Span.SequenceCompareTo(b));
        return at < 0 ? null : _elements[at];
    }

    /// <summary>[path, [element…]]</summary>
    internal void Write(CborWriter writer)
    {
        writer.WriteArray(2);
        writer.WriteText(Path);
        writer.WriteArray(_elements.Length);
        foreach (var element in _elements) element.Write(writer);
    }

    internal static ElementSet Read(ref CborReader reader)
    {
        reader.ReadArrayOf(2);
        string path = reader.ReadText(Operation.MaxNameBytes);
        var elements = new Element[reader.ReadArray(int.MaxValue)];
        if (path.Length == 0 || elements.Length == 0) throw new VaultFormatException("A set has no path or no element.");
        for (int i = 0; i < elements.Length; i++)
        {
            elements[i] = Element.Read(ref reader);
            if (i > 0 && elements[i].Bytes.Span.SequenceCompareTo(elements[i - 1].Bytes.Span) <= 0) throw new VaultFormatException("A set's elements are not in order.");
        }

        return new(path, elements);
    }
}
