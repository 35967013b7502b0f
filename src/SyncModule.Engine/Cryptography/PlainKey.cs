using System.Security.Cryptography;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Cryptography;

/// <summary>The key that an object has in one epoch if it is stored uncompressed: HMAC(X(ES,"object"), P) with codec 0 in P (format-1 §5). A secret, like every object key.</summary>
internal readonly record struct PlainKey(Id32 Value, EpochId Epoch)
{
    public override string ToString() => "PlainKey";
}

/// <summary>Computes plain keys without a copy of the plaintext. One thread at a time.</summary>
internal sealed class PlainKeyMaker(EpochKeys keys) : IDisposable
{
    private const int KindSize = 1;
    private const int Zeros = 4096;

    private readonly IncrementalHash _mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, keys.ObjectKey.Span);
    private readonly byte[] _zeros = new byte[Zeros];

    /// <summary>The key of this plaintext as an object of this kind.</summary>
    public PlainKey Of(ObjectKind kind, ReadOnlySpan<byte> plain)
    {
        Span<byte> header = stackalloc byte[KindSize + PaddedBody.HeaderSize];
        header[0] = (byte)kind;
        PaddedBody.WriteHeader(header[KindSize..], Codec.None, plain.Length, plain.Length);
        _mac.AppendData(header);
        _mac.AppendData(plain);
        int used = header.Length + plain.Length;
        for (int padding = Padme.PaddedLength(used) - used; padding > 0; padding -= Zeros) _mac.AppendData(_zeros.AsSpan(0, Math.Min(padding, Zeros)));
        Span<byte> key = stackalloc byte[SecretKey.Size];
        _mac.GetHashAndReset(key);
        return new(new Id32(key), keys.EpochId);
    }

    public void Dispose() => _mac.Dispose();
}
