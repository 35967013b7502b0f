using System.Security.Cryptography;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Cryptography;

/// <summary>
/// The content id of a value that is too long to stand inline (docs/decisions/030): content = HMAC(X(ES of genesis,"content"), u64 length ‖ H(K₁ ‖ … ‖ Kₙ)),
/// where Kᵢ is the <see cref="PlainKey"/> of chunk i in the epoch of genesis. Those are MACs of all bytes and are made anyway, so nothing is hashed
/// twice. Chunks are cut where the vault's gear table says so, whoever cuts: equal bytes have equal content ids. One thread at a time.
/// </summary>
internal sealed class LongContent(GenesisKeys keys) : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _length;

    /// <summary>The next chunk.</summary>
    public void Add(in Id32 plainKey, int length)
    {
        Span<byte> key = stackalloc byte[Id32.Size];
        plainKey.CopyTo(key);
        _hash.AppendData(key);
        CryptographicOperations.ZeroMemory(key);
        _length += length;
    }

    /// <summary>The id of what was added; the next call begins another value.</summary>
    public Id32 Finish()
    {
        Span<byte> digest = stackalloc byte[Id32.Size];
        _hash.GetHashAndReset(digest);
        var content = keys.ContentOf(_length, new Id32(digest));
        _length = 0;
        return content;
    }

    /// <summary>Forgets what was added.</summary>
    public void Reset() => Finish();

    public void Dispose() => _hash.Dispose();
}
