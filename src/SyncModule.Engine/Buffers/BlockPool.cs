namespace SyncModule.Engine.Buffers;

/// <summary>
/// At most so many blocks of one size: who needs one more waits until one comes back, which is what bounds the memory of a pipeline.
/// Blocks are made when they are first needed. Safe for many threads. After <see cref="Dispose"/> nothing is rented; blocks that are
/// still held (a session may be sending one) are freed as they come back.
/// </summary>
/// <param name="blockSize">Bytes, a multiple of <see cref="Block.Alignment"/>.</param>
/// <param name="most">Blocks at once.</param>
/// <param name="secret">They hold plaintext: wiped before the system gets them back.</param>
internal sealed class BlockPool(int blockSize, int most, bool secret = false) : IDisposable
{
    private readonly object _gate = new();
    private readonly Stack<Block> _idle = new();
    private bool _disposed;

    /// <summary>Bytes of one block.</summary>
    public int BlockSize => blockSize;

    /// <summary>Blocks that exist now, held or idle.</summary>
    public int Allocated { get; private set; }

    /// <summary>A block for the caller alone, content undefined; waits while all are held.</summary>
    /// <exception cref="OperationCanceledException">Cancelled while waiting.</exception>
    /// <exception cref="ObjectDisposedException">The pool was disposed, perhaps while waiting.</exception>
    public Block Rent(CancellationToken cancellation = default)
    {
        if (TryRent() is { } free) return free;
        using var wake = cancellation.UnsafeRegister(static pool => ((BlockPool)pool!).WakeAll(), this);
        lock (_gate)
        {
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                ObjectDisposedException.ThrowIf(_disposed, this);
                if (TakeOne() is { } block) return block;
                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>A block for the caller alone; null when all are held or the pool was disposed.</summary>
    public Block? TryRent()
    {
        lock (_gate) return _disposed ? null : TakeOne();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            while (_idle.TryPop(out var block)) Free(block);
            Monitor.PulseAll(_gate);
        }
    }

    internal void Return(Block block)
    {
        lock (_gate)
        {
            if (_disposed)
            {
                Free(block);
                return;
            }

            _idle.Push(block);
            Monitor.Pulse(_gate);
        }
    }

    private Block? TakeOne()
    {
        if (!_idle.TryPop(out var block))
        {
            if (Allocated == most) return null;
            block = new Block(this, blockSize);
            Allocated++;
        }

        block.Take();
        return block;
    }

    private void Free(Block block)
    {
        block.Free(secret);
        Allocated--;
    }

    private void WakeAll()
    {
        lock (_gate) Monitor.PulseAll(_gate);
    }
}
