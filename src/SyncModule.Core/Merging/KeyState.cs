using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Merging;

/// <summary>
/// What a replica knows of one item: its cells in ordinal order of their paths, each with its present heads (format-1 §7). Immutable;
/// a fold gives a new one that shares what did not change. Equal sets of applied operations give equal bytes.
/// </summary>
public sealed class KeyState
{
    /// <summary>More present heads than this in one cell and the next own write has to resolve first (format-1 §7).</summary>
    public const int MaxHeads = 256;

    private const int FormatVersion = 1;

    private readonly Cell[] _cells;
    private readonly KeyState? _folded;

    internal KeyState(string collection, string key, Cell[] cells, KeyExtras? extras = null, KeyState? folded = null, ItemPolicy? policy = null)
    {
        _folded = folded;
        Policy = policy ?? ItemPolicy.Default;
        Extras = extras;
        Collection = collection;
        Key = key;
        _cells = cells;
    }

    /// <summary>What was folded, where this is how it shows under trees and policies (see <see cref="Masking"/>); else this itself. Writes replace what was folded.</summary>
    public KeyState Folded => _folded ?? this;

    /// <summary>How this shows. A state that nobody shows has the default, and an item of one version may have it whatever its collection says.</summary>
    public ItemPolicy Policy { get; }

    public string Collection { get; }

    public string Key { get; }

    /// <summary>Ascending by path, so "" stands first where it is present.</summary>
    public IReadOnlyList<Cell> Cells => _cells;

    /// <summary>Counters, sets, trees; null when there are none.</summary>
    internal KeyExtras? Extras { get; }

    /// <summary>Whether it holds anything besides cells.</summary>
    public bool HasParts => Extras is not null;

    /// <summary>Ascending by path.</summary>
    public IReadOnlyList<Counter> Counters => Extras?.Counters ?? [];

    /// <summary>Ascending by path.</summary>
    public IReadOnlyList<ElementSet> Sets => Extras?.Sets ?? [];

    /// <summary>Of the state of a collection, whose key is "": the trees that went, ascending by dot.</summary>
    public IReadOnlyList<TreeRange> Trees => Extras?.Trees ?? [];

    /// <summary>Of the state of a collection: who was said to own its units, ascending by dot. Which of them count: <see cref="Ownership"/>.</summary>
    public IReadOnlyList<Generation> Generations => Extras?.Generations ?? [];

    /// <summary>One of them by its dot; null when it is not there.</summary>
    public Generation? FindGeneration(Dot dot) => Ordered.Find(Generations, dot, static (g, d) => g.Dot.CompareTo(d)) is >= 0 and var at ? Generations[at] : null;

    /// <summary>The cell "", or null in a state that was joined from parts without it.</summary>
    public Cell? Item => Find("");

    /// <summary>
    /// True when a reader sees the item: the first head of "" is not DEL, or there is none and it has counts, elements or a cell that lives
    /// (format-1 §7), or its versions wait for a person. The state of a collection is none.
    /// </summary>
    public bool IsAlive
    {
        get
        {
            if (Key.Length == 0) return false;
            if (IsWaiting) return true;
            return _cells.Length > 0 && _cells[0].Path.Length == 0 ? _cells[0].First.Alive : !IsOnlyDeleted;
        }
    }

    /// <summary>True when versions compete in some cell.</summary>
    public bool IsOpen
    {
        get
        {
            foreach (var cell in _cells)
            {
                if (cell.IsOpen) return true;
            }

            return false;
        }
    }

    /// <summary>True when versions compete and the policy leaves it to a person which one stands.</summary>
    public bool IsWaiting => Policy.Rule == PolicyRule.Manual && IsOpen;

    /// <summary>True when <see cref="MergeRecords.Open"/> has something to tell: versions compete, or fields of several stand together.</summary>
    public bool HasOpenRecords => IsOpen || MergeRecords.FieldsTogether(this).Count > 0;

    /// <summary>True when nothing but deletions is left; the digest leaves such keys out (format-1 §16).</summary>
    public bool IsOnlyDeleted
    {
        get
        {
            if (Extras is not null) return false;
            foreach (var cell in _cells)
            {
                foreach (var head in cell.Heads)
                {
                    if (head.Alive) return false;
                }
            }

            return true;
        }
    }

    /// <summary>The greatest number of present heads in any cell; above <see cref="MaxHeads"/> the engine refuses own writes.</summary>
    public int MostHeads
    {
        get
        {
            int most = 0;
            foreach (var cell in _cells) most = Math.Max(most, cell.Heads.Count);
            return most;
        }
    }

    /// <summary>The same as it shows under a policy. What was folded stays what it is.</summary>
    internal KeyState Under(ItemPolicy policy)
    {
        if (policy.Rule is PolicyRule.LastWriterWins or PolicyRule.Owned) return this;
        var cells = new Cell[_cells.Length];
        for (int i = 0; i < cells.Length; i++) cells[i] = _cells[i].Under(policy);
        return new(Collection, Key, cells, Extras, Folded, policy);
    }

    public Cell? Find(string path)
    {
        int at = Ordered.Find(_cells, path, static (c, p) => string.CompareOrdinal(c.Path, p));
        return at < 0 ? null : _cells[at];
    }

    /// <summary>[1, collection, key, [[path, [head…]]…], [counter…], [set…], [tree…], [generation…]?]: the last only where there are any.</summary>
    public void Write(CborWriter writer)
    {
        writer.WriteArray(Generations.Count > 0 ? 8 : 7);
        writer.WriteUInt(FormatVersion);
        writer.WriteText(Collection);
        writer.WriteText(Key);
        writer.WriteArray(_cells.Length);
        foreach (var cell in _cells) cell.Write(writer);
        KeyExtras.Write(Extras, writer);
    }

    public byte[] Encode()
    {
        var writer = new CborWriter(256 * _cells.Length);
        Write(writer);
        return writer.ToArray();
    }

    /// <summary>Throws <see cref="VaultFormatException"/> for anything that <see cref="Write"/> would not have written.</summary>
    public static KeyState Read(ref CborReader reader)
    {
        int fields = reader.ReadArray(8);
        if (fields < 7) throw new VaultFormatException("A state has the wrong shape.");
        if (reader.ReadUInt() != FormatVersion) throw new VaultFormatException("The state's format is unknown.");
        string collection = reader.ReadText(Operation.MaxNameBytes);
        string key = reader.ReadText(Operation.MaxNameBytes);
        if (collection.Length == 0) throw new VaultFormatException("A name is empty.");
        var cells = new Cell[reader.ReadArray(int.MaxValue)];
        for (int i = 0; i < cells.Length; i++)
        {
            cells[i] = Cell.Read(ref reader);
            if (i > 0 && string.CompareOrdinal(cells[i].Path, cells[i - 1].Path) <= 0) throw new VaultFormatException("A state's cells are not in order.");
        }

        return new(collection, key, cells, KeyExtras.Read(ref reader, fields == 8));
    }

    public static KeyState Decode(ReadOnlySpan<byte> encoded)
    {
        var reader = new CborReader(encoded);
        var state = Read(ref reader);
        reader.Finish();
        return state;
    }
}
