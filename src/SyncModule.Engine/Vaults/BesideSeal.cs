using System.Runtime.ExceptionServices;
using SyncModule.Core.Encoding;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Vaults;

/// <summary>Memory of one block that is sealed beside another; serves one after the other.</summary>
internal sealed class BesideBuffers
{
    public CborWriter Plain { get; } = new(64 << 10);

    public byte[] Sealed { get; set; } = [];
}

/// <summary>
/// One block that is made by a thread of the pool while the writer makes another. Where none is free the writer makes it itself: it never
/// waits for one that has not begun.
/// </summary>
internal sealed class BesideSeal : IThreadPoolWorkItem
{
    private readonly BesideBuffers _buffers;
    private readonly BlockKeys _keys;
    private readonly BlockContext _context;
    private readonly Action<CborWriter> _write;
    private readonly object _gate = new();
    private int _begun;
    private bool _ended;
    private ExceptionDispatchInfo? _failure;

    /// <param name="buffers">Used until <see cref="Finish"/>, and by <see cref="Block"/> after it.</param>
    /// <param name="keys">Of the epoch.</param>
    /// <param name="context">Where the block belongs.</param>
    /// <param name="write">Writes the operations; on another thread.</param>
    public BesideSeal(BesideBuffers buffers, BlockKeys keys, in BlockContext context, Action<CborWriter> write)
    {
        (_buffers, _keys, _context, _write) = (buffers, keys, context, write);
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    public BlockId Id { get; private set; }

    public ReadOnlyMemory<byte> Block { get; private set; }

    /// <summary>Returns when the block is made. Throws why it is not.</summary>
    public void Finish()
    {
        ((IThreadPoolWorkItem)this).Execute();
        lock (_gate)
        {
            while (!_ended) Monitor.Wait(_gate);
        }

        _failure?.Throw();
    }

    // Once, by whoever comes first.
    void IThreadPoolWorkItem.Execute()
    {
        if (Interlocked.Exchange(ref _begun, 1) != 0) return;
        try
        {
            Make();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
        }
        finally
        {
            lock (_gate)
            {
                _ended = true;
                Monitor.PulseAll(_gate);
            }
        }
    }

    private void Make()
    {
        var plain = _buffers.Plain;
        try
        {
            _write(plain);
            int most = SealedBlocks.MaxLength(plain.Length);
            if (_buffers.Sealed.Length < most) _buffers.Sealed = GC.AllocateUninitializedArray<byte>(most);
            int length = SealedBlocks.Seal(_keys, _context, plain.Written, compress: true, _buffers.Sealed);
            Block = _buffers.Sealed.AsMemory(0, length);
            Id = BlockIds.Compute(Block.Span);
        }
        finally
        {
            plain.Wipe();
        }
    }
}
