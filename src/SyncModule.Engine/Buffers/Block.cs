using System.Buffers;
using System.Security.Cryptography;

namespace SyncModule.Engine.Buffers;

/// <summary>
/// A fixed piece of unmanaged memory from a <see cref="BlockPool"/>, aligned so that direct I/O takes it. Several may hold it at once,
/// for example the disk writer and the senders of two sessions; the last one to release it gives it back. Each <see cref="Hold"/> and
/// each rent is answered by exactly one <see cref="Release"/>; touching it after the last one throws. The collector is not told of the memory:
/// no collection would give any of it back, and it would collect for each block.
/// </summary>
internal sealed unsafe class Block : MemoryManager<byte>
{
    /// <summary>Address, offset and length of direct I/O are multiples of this: the page size, and no disk has larger sectors.</summary>
    public const int Alignment = 4096;

    private readonly BlockPool _pool;
    private byte* _start;
    private int _holders;

    internal Block(BlockPool pool, int size)
    {
        _pool = pool;
        Size = size;
        _start = SystemPages.Take(size);
    }

    /// <summary>Bytes in it.</summary>
    public int Size { get; }

    /// <summary>Who holds it now: for tests.</summary>
    internal int Holders => Volatile.Read(ref _holders);

    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _holders) <= 0, this);
        return new(_start, Size);
    }

    /// <summary>The block never moves; pinning costs nothing and keeps nothing.</summary>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _holders) <= 0, this);
        return new(_start + elementIndex);
    }

    public override void Unpin()
    {
    }

    /// <summary>One holder more; the caller is one itself, so the block cannot go back meanwhile.</summary>
    public void Hold()
    {
        if (Interlocked.Increment(ref _holders) <= 1) throw new InvalidOperationException("A block that nobody holds was held.");
    }

    /// <summary>One holder less; the last one gives it back to the pool.</summary>
    public void Release()
    {
        int left = Interlocked.Decrement(ref _holders);
        if (left == 0) _pool.Return(this);
        else if (left < 0) throw new InvalidOperationException("A block was released once too often.");
    }

    internal void Take() => Volatile.Write(ref _holders, 1);

    /// <summary>Gives the memory back to the system. Only the pool, when nobody holds it.</summary>
    internal void Free(bool wipe)
    {
        if (_start is null) return;
        if (wipe) CryptographicOperations.ZeroMemory(new(_start, Size));
        SystemPages.GiveBack(_start, Size);
        _start = null;
    }

    protected override void Dispose(bool disposing) => Release();
}
