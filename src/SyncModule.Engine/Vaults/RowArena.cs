using System.Buffers;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Rows that wait for the end of a transaction, one behind the other in rented memory that the collector does not have to look through.
/// They hold names: what was used is wiped when it is given back. One thread at a time.
/// </summary>
internal sealed class RowArena : IBufferWriter<byte>, IDisposable
{
    private const int FirstChunk = 4 << 10, NextChunks = 256 << 10;

    private readonly List<(byte[] Bytes, int Used)> _chunks = [];
    private byte[] _current = [];
    private int _used, _row;

    /// <summary>Where the row begins that is written next.</summary>
    public void BeginRow() => _row = _used;

    /// <summary>The row that was begun and written since: (chunk, offset, length).</summary>
    public (int Chunk, int Offset, int Length) EndRow() => (_chunks.Count - 1, _row, _used - _row);

    public ReadOnlySpan<byte> Row(int chunk, int offset, int length) => _chunks[chunk].Bytes.AsSpan(offset, length);

    public void Advance(int count) => _used += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _current.AsMemory(_used);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _current.AsSpan(_used);
    }

    public void Dispose()
    {
        Close();
        foreach (var (bytes, used) in _chunks)
        {
            bytes.AsSpan(0, used).Clear();
            ArrayPool<byte>.Shared.Return(bytes);
        }

        _chunks.Clear();
        (_current, _used, _row) = ([], 0, 0);
    }

    // A row stands in one piece: what is written of it already moves along.
    private void Reserve(int size)
    {
        if (_current.Length - _used >= Math.Max(size, 1)) return;
        int begun = _used - _row;
        var next = ArrayPool<byte>.Shared.Rent(Math.Max(_chunks.Count == 0 ? FirstChunk : NextChunks, checked((begun * 2) + size)));
        _current.AsSpan(_row, begun).CopyTo(next);
        Close();
        _chunks.Add((next, 0));
        (_current, _row, _used) = (next, 0, begun);
    }

    private void Close()
    {
        if (_chunks.Count > 0) _chunks[^1] = (_current, _used);
    }
}
