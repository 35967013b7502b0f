using SyncModule.Core.Encoding;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Vaults;

/// <summary>Memory of a block that is sealed beside another; serves one after the other. One thread at a time.</summary>
internal sealed class BesideBuffers
{
    private readonly CborWriter _plain = new(64 << 10);
    private byte[] _sealed = [];

    /// <summary>Seals what <paramref name="write"/> writes; the bytes are valid until the next call.</summary>
    public (BlockId Id, ReadOnlyMemory<byte> Bytes) Seal(BlockKeys keys, in BlockContext context, Action<CborWriter> write)
    {
        try
        {
            write(_plain);
            int most = SealedBlocks.MaxLength(_plain.Length);
            if (_sealed.Length < most) _sealed = GC.AllocateUninitializedArray<byte>(most);
            int length = SealedBlocks.Seal(keys, context, _plain.Written, compress: true, _sealed);
            return (BlockIds.Compute(_sealed.AsSpan(0, length)), _sealed.AsMemory(0, length));
        }
        finally
        {
            _plain.Wipe();
        }
    }
}
