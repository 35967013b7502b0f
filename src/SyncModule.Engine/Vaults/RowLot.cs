using System.Buffers.Binary;

namespace SyncModule.Engine.Vaults;

/// <summary>Sealed rows one behind the other, on their way from one thread to another: key length ‖ row length ‖ key ‖ row. One thread at a time.</summary>
internal sealed class RowLot(int size)
{
    /// <summary>Below the size of a large object.</summary>
    public const int UsualBytes = 64 << 10;

    private const int HeadSize = 2 * sizeof(int);

    private readonly byte[] _bytes = new byte[size];

    public int Used { get; private set; }

    /// <summary>A lot of one row, however long.</summary>
    public static RowLot Of(ReadOnlySpan<byte> key, ReadOnlySpan<byte> row)
    {
        var lot = new RowLot(HeadSize + key.Length + row.Length);
        lot.TryAdd(key, row);
        return lot;
    }

    /// <summary>False: it is full.</summary>
    public bool TryAdd(ReadOnlySpan<byte> key, ReadOnlySpan<byte> row)
    {
        if (_bytes.Length - Used < HeadSize + key.Length + row.Length) return false;
        var rest = _bytes.AsSpan(Used);
        BinaryPrimitives.WriteInt32LittleEndian(rest, key.Length);
        BinaryPrimitives.WriteInt32LittleEndian(rest[sizeof(int)..], row.Length);
        key.CopyTo(rest[HeadSize..]);
        row.CopyTo(rest[(HeadSize + key.Length)..]);
        Used += HeadSize + key.Length + row.Length;
        return true;
    }

    /// <summary>The row that begins at <paramref name="at"/>, which is moved behind it.</summary>
    public (Range Key, Range Row) Next(ref int at)
    {
        int key = BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(at)), row = BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(at + sizeof(int)));
        int start = at + HeadSize;
        at = start + key + row;
        return (start..(start + key), (start + key)..at);
    }

    public ReadOnlySpan<byte> Span(Range range) => _bytes.AsSpan(range);
}
