using System.Security.Cryptography;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Storage.Tables;

/// <summary>
/// Seals or opens rows of one table many at a time: the same bytes as <see cref="RowSealer"/>, without a call of the hash library for each.
/// One thread at a time; reusable.
/// </summary>
internal sealed class RowBatch(RowSealer sealer, byte table)
{
    /// <summary>Rows that are worth waiting for.</summary>
    public const int Size = 64;

    private const int LongestKey = 64;
    private const int LengthSize = 4;

    private readonly CborWriter _arena = new(Size * 512);
    private readonly LaneMessage[] _rows = new LaneMessage[Size];
    private readonly int[] _keyLengths = new int[Size];
    private readonly LaneMessage[] _sivMessages = [.. Enumerable.Range(0, Size).Select(i => new LaneMessage(i * Id32.Size, Id32.Size))];
    private readonly Id32[] _sivs = new Id32[Size], _keys = new Id32[Size];
    private readonly byte[] _sivBytes = new byte[Size * Id32.Size];
    private byte[] _row = new byte[1024];
    private int _count;

    public bool IsFull => _count == Size;

    /// <summary>Begins a row that is to be sealed: its body is what is written next. Not when <see cref="IsFull"/>.</summary>
    public CborWriter Begin(ReadOnlySpan<byte> rowKey)
    {
        End();
        Start(rowKey);
        return _arena;
    }

    /// <summary>Seals the rows that were begun, in their order, and gives each with its key; the spans are valid during the call.</summary>
    public void Seal(RowVisitor put)
    {
        End();
        var rows = _rows.AsSpan(0, _count);
        sealer.Sivs.Compute(_arena.Written, rows, _sivs);
        DeriveKeys();
        Span<byte> associated = stackalloc byte[1 + LongestKey + Id32.Size], key = stackalloc byte[Id32.Size];
        for (int i = 0; i < _count; i++)
        {
            ReadOnlySpan<byte> rowKey = KeyOf(i), body = BodyOf(i);
            int length = body.Length + RowSealer.Overhead;
            if (_row.Length < length) _row = new byte[length];
            _sivs[i].CopyTo(_row);
            _keys[i].CopyTo(key);
            Gcm.Seal(key, Associated(associated, rowKey, _sivs[i]), body, _row.AsSpan(RowSealer.SivSize, length - RowSealer.SivSize));
            put(rowKey, _row.AsSpan(0, length));
        }

        Forget(key);
    }

    /// <summary>Adds a row that is to be opened. Not when <see cref="IsFull"/>.</summary>
    public void Add(ReadOnlySpan<byte> rowKey, ReadOnlySpan<byte> row)
    {
        if (row.Length < RowSealer.Overhead) throw sealer.Damaged();
        End();
        _sivs[_count] = new(row[..RowSealer.SivSize]);
        Start(rowKey);
        _arena.WriteRaw(row[RowSealer.SivSize..]);
    }

    /// <summary>Opens the rows that were added, in their order, and gives each body; the span is valid during the call.</summary>
    /// <exception cref="SyncException">The sealer's kind of damage for a row that does not open.</exception>
    public void Open(Action<ReadOnlySpan<byte>> take)
    {
        End();
        DeriveKeys();
        Span<byte> associated = stackalloc byte[1 + LongestKey + Id32.Size], key = stackalloc byte[Id32.Size];
        for (int i = 0; i < _count; i++)
        {
            ReadOnlySpan<byte> rowKey = KeyOf(i), cipher = BodyOf(i);
            int length = cipher.Length - Gcm.TagSize;
            if (_row.Length < length) _row = new byte[cipher.Length];
            _keys[i].CopyTo(key);
            if (!Gcm.TryOpen(key, Associated(associated, rowKey, _sivs[i]), cipher, _row.AsSpan(0, length))) throw sealer.Damaged();
            take(_row.AsSpan(0, length));
        }

        Forget(key);
    }

    private void Start(ReadOnlySpan<byte> rowKey)
    {
        if (rowKey.Length > LongestKey) throw new ArgumentException("A row's key is too long for a batch.", nameof(rowKey));
        Span<byte> head = stackalloc byte[LengthSize + 1 + LongestKey];
        RowSealer.WriteAad(head, table, rowKey);
        _rows[_count] = new(_arena.Length, 0);
        _keyLengths[_count] = rowKey.Length;
        _arena.WriteRaw(head[..(LengthSize + 1 + rowKey.Length)]);
        _count++;
    }

    // The last row ends where the arena ends.
    private void End()
    {
        if (_count > 0) _rows[_count - 1] = new(_rows[_count - 1].Offset, _arena.Length - _rows[_count - 1].Offset);
    }

    private void DeriveKeys()
    {
        for (int i = 0; i < _count; i++) _sivs[i].CopyTo(_sivBytes.AsSpan(i * Id32.Size));
        sealer.Keys.Compute(_sivBytes, _sivMessages.AsSpan(0, _count), _keys);
    }

    private ReadOnlySpan<byte> KeyOf(int row) => _arena.Written.Slice(_rows[row].Offset + LengthSize + 1, _keyLengths[row]);

    private ReadOnlySpan<byte> BodyOf(int row) => _arena.Written.Slice(_rows[row].Offset, _rows[row].Length)[(LengthSize + 1 + _keyLengths[row])..];

    // AAD ‖ siv, as the AEAD takes it.
    private ReadOnlySpan<byte> Associated(Span<byte> buffer, ReadOnlySpan<byte> rowKey, in Id32 siv)
    {
        buffer[0] = table;
        rowKey.CopyTo(buffer[1..]);
        siv.CopyTo(buffer[(1 + rowKey.Length)..]);
        return buffer[..(1 + rowKey.Length + Id32.Size)];
    }

    private void Forget(Span<byte> key)
    {
        CryptographicOperations.ZeroMemory(key);
        CryptographicOperations.ZeroMemory(_row);
        Array.Clear(_keys);
        _arena.Wipe();
        _count = 0;
    }
}
