using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>What became of an item by one operation, as far as the index counts it.</summary>
[Flags]
internal enum ItemChange : byte
{
    None = 0,
    WasAlive = 1,
    IsAlive = 2,
    WasOpen = 4,
    IsOpen = 8, // has open records: some rule tells of its versions
}

/// <summary>The row of one operation's item; its bytes end at <paramref name="End"/> and begin where the one before ends.</summary>
internal readonly record struct PreparedRow(Id16 Tag, int End, ItemChange Change);

/// <summary>
/// The states of the items that one own commit changed, encoded as their rows hold them: made once by the writer, which needs them for what
/// it writes next, and taken into the index as they are. A hundred thousand may be pending, so they are bytes in one array and not a
/// dozen objects each. They hold while nothing else was folded in between: see <see cref="Indexer.Foreign"/>.
/// </summary>
internal sealed class PreparedRows
{
    private readonly byte[] _bodies;
    private readonly PreparedRow[] _rows;

    /// <param name="bodies">Takes a copy.</param>
    /// <param name="rows">In the order of the operations.</param>
    /// <param name="origins">See <see cref="Origins"/>.</param>
    /// <param name="special">See <see cref="Special"/>.</param>
    public PreparedRows(ReadOnlySpan<byte> bodies, PreparedRow[] rows, NumberedOrigin[] origins, IReadOnlyList<(Operation Operation, Dot Dot)> special) =>
        (_bodies, _rows, Origins, Special) = (bodies.ToArray(), rows, origins, special);

    public int Count => _rows.Length;

    /// <summary>Operations that the index has to look at itself: those that name objects or settle a conflict. Usually there are none.</summary>
    public IReadOnlyList<(Operation Operation, Dot Dot)> Special { get; }

    /// <summary>The origins that the rows name, with the numbers that they use: to be compared with the index's own.</summary>
    public IReadOnlyList<NumberedOrigin> Origins { get; }

    public PreparedRow this[int index] => _rows[index];

    public ReadOnlySpan<byte> Row(int index)
    {
        int start = index == 0 ? 0 : _rows[index - 1].End;
        return _bodies.AsSpan(start, _rows[index].End - start);
    }

    /// <summary>The state in a row, for an index that numbers its origins otherwise.</summary>
    public KeyState Read(int index) => new StateRows(new WriterOrigins(Origins)).Read(Row(index));

    /// <summary>True for an operation that belongs into <see cref="Special"/>.</summary>
    public static bool IsSpecial(Operation operation) => MergeRecords.MaySettle(operation) || NamesObjects(operation);

    public static bool NamesObjects(Operation operation)
    {
        if (operation.Value?.Reference is not null) return true;
        for (int i = 0; i < operation.Cells.Count; i++)
        {
            if (operation.Cells[i].Value?.Reference is not null) return true;
        }

        return false;
    }

    public static ItemChange ChangeOf(KeyState? before, KeyState? after) =>
        (before is { IsAlive: true } ? ItemChange.WasAlive : 0) | (after is { IsAlive: true } ? ItemChange.IsAlive : 0) | (before is { HasOpenRecords: true } ? ItemChange.WasOpen : 0) | (after is { HasOpenRecords: true } ? ItemChange.IsOpen : 0);
}
