using SyncModule.Core.Protocol;
using SyncModule.Engine.Buffers;

namespace SyncModule.Engine.Nodes;

/// <summary>
/// Lends the bodies of DATA frames room in blocks, one body right behind the other: whole pack records that stand in memory as they will
/// stand in the pack, so that a block goes to the disk in one write without a copy. One thread rents.
/// </summary>
internal sealed class ReceiveMemory : IFrameMemory, IDisposable
{
    /// <summary>The window, less what frames that do not fit leave empty at the end of each block; one block more is being filled.</summary>
    private const int MostBlocks = 8;

    private readonly BlockPool _pool = new(BlockSize, MostBlocks);
    private Block? _block;
    private int _used;

    /// <summary>Bytes of a block.</summary>
    public const int BlockSize = 4 << 20;

    /// <summary>Where bodies end in a block; what follows is room for its padding.</summary>
    internal const int BlockEnd = BlockSize - Storage.PackWriter.BlockRoom;

    public FrameRoom? Rent(int length)
    {
        if (length > BlockEnd) return null;
        if (_block is null || _used + length > BlockEnd)
        {
            _block?.Release();
            _used = 0;
            _block = _pool.TryRent();
            if (_block is null) return null;
        }

        _block.Hold();
        var room = new FrameRoom(_block.Memory.Slice(_used, length), _block.Release);
        _used += length;
        return room;
    }

    public void Dispose()
    {
        _block?.Release();
        _block = null;
        _pool.Dispose();
    }
}
