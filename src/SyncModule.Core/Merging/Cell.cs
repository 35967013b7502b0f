using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Merging;

/// <summary>A cell with its present heads, at least one, ascending by dot. Never changed once made.</summary>
public sealed class Cell
{
    private readonly Head[] _heads;

    private readonly ItemPolicy? _policy;

    /// <param name="path">See <see cref="Path"/>.</param>
    /// <param name="heads">Ascending by dot.</param>
    /// <param name="policy">Of a cell as it shows: which of them stands first. Null = the order of format-1 §7.</param>
    internal Cell(string path, Head[] heads, ItemPolicy? policy = null)
    {
        Path = path;
        _heads = heads;
        _policy = policy;
    }

    /// <summary>"" is the item itself.</summary>
    public string Path { get; }

    public IReadOnlyList<Head> Heads => _heads;

    /// <summary>The head that shows: the greatest in the order of format-1 §7, or the one that a policy puts first.</summary>
    public Head First
    {
        get
        {
            var first = _heads[0];
            for (int i = 1; i < _heads.Length; i++)
            {
                if ((_policy is null ? Head.CompareOrder(_heads[i], first) : _policy.Compare(_heads[i], first)) > 0) first = _heads[i];
            }

            return first;
        }
    }

    /// <summary>
    /// True when people should see that versions compete: two heads differ, and not every head is a person's decision. Where all are,
    /// the order decides among them, or two people who resolve at once would resolve for ever (format-1 §7).
    /// </summary>
    public bool IsOpen
    {
        get
        {
            if (_heads.Length == 1) return false;
            bool differ = false, undecided = false;
            foreach (var head in _heads)
            {
                differ |= !head.SameAs(_heads[0]);
                undecided |= head.Kind != OperationKind.Resolve;
            }

            return differ && undecided;
        }
    }

    /// <summary>The same as it shows under a policy.</summary>
    internal Cell Under(ItemPolicy policy) => _heads.Length == 1 ? this : new(Path, _heads, policy);

    public Head? Find(Dot dot)
    {
        int at = Ordered.Find(_heads, dot, static (h, d) => h.Dot.CompareTo(d));
        return at < 0 ? null : _heads[at];
    }

    /// <summary>[path, [head…]]</summary>
    internal void Write(CborWriter writer)
    {
        writer.WriteArray(2);
        writer.WriteText(Path);
        writer.WriteArray(_heads.Length);
        foreach (var head in _heads) head.Write(writer);
    }

    internal static Cell Read(ref CborReader reader)
    {
        reader.ReadArrayOf(2);
        string path = reader.ReadText(Operation.MaxNameBytes);
        // No limit of its own: any number of devices may have written at once. The reader bounds it by the bytes that are left.
        var heads = new Head[reader.ReadArray(int.MaxValue)];
        if (heads.Length == 0) throw new VaultFormatException("A cell has no head.");
        for (int i = 0; i < heads.Length; i++)
        {
            heads[i] = Head.Read(ref reader, path);
            if (i > 0 && heads[i].Dot.CompareTo(heads[i - 1].Dot) <= 0) throw new VaultFormatException("A cell's heads are not in order.");
        }

        return new(path, heads);
    }
}
