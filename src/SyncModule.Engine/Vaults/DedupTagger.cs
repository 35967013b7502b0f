using System.Security.Cryptography;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Vaults;

/// <summary>What finds an object by its plaintext, and the key under which it was computed, which may be the object's own.</summary>
internal readonly record struct DedupTag(Id32 Tag, PlainKey Key);

/// <summary>
/// Names plaintexts for the dedup map: tag = HMAC(X(IK,"index/dedup"), kind ‖ codec policy ‖ plain key), where the plain key is that of the
/// epoch of genesis, so that a tag outlives rotations (docs/decisions/018). One thread at a time.
/// </summary>
internal sealed class DedupTagger(VaultKeys keys) : IDisposable
{
    private const int CodecPolicy = 1;

    private readonly PlainKeyMaker _maker = new(keys.FirstEpoch);

    public DedupTag Of(ObjectKind kind, ReadOnlySpan<byte> plain)
    {
        var key = _maker.Of(kind, plain);
        Span<byte> input = stackalloc byte[2 + Id32.Size], tag = stackalloc byte[Id32.Size];
        (input[0], input[1]) = ((byte)kind, CodecPolicy);
        key.Value.CopyTo(input[2..]);
        HMACSHA256.HashData(keys.Index.Dedup.Span, input, tag);
        return new(new Id32(tag), key);
    }

    public void Dispose() => _maker.Dispose();
}
