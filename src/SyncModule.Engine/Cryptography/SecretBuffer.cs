using System.Buffers;
using System.Security.Cryptography;

namespace SyncModule.Engine.Cryptography;

/// <summary>Pooled memory for plaintext on its way into or out of a seal; zeroed before it goes back.</summary>
internal readonly ref struct SecretBuffer
{
    private readonly byte[] _rented;
    private readonly int _length;

    public SecretBuffer(int length)
    {
        _rented = ArrayPool<byte>.Shared.Rent(length);
        _length = length;
    }

    public Span<byte> Span => _rented.AsSpan(0, _length);

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(Span);
        ArrayPool<byte>.Shared.Return(_rented);
    }
}
