using System.Buffers.Binary;
using System.Security.Cryptography;

namespace SyncModule.Engine.Cryptography.Noise;

/// <summary>
/// One direction's key and counter (Noise specification §5.1) with AESGCM: nonce = 32 zero bits ‖ 64-bit big-endian counter. Not
/// thread-safe. A failed open changes nothing.
/// </summary>
internal sealed class CipherState : IDisposable
{
    public const int TagSize = 16;
    private const int NonceSize = 12;

    private readonly byte[] _key = GC.AllocateArray<byte>(SecretKey.Size, pinned: true);
    private AesGcm? _aes;

    public bool HasKey => _aes is not null;

    /// <summary>Number of messages so far; 2^64-1 is reserved for <see cref="Rekey"/>.</summary>
    public ulong Nonce { get; private set; }

    public void InitializeKey(ReadOnlySpan<byte> key)
    {
        key.CopyTo(_key);
        Nonce = 0;
        Replace();
    }

    /// <summary>Writes ciphertext ‖ tag, or the plaintext itself while there is no key; returns the length.</summary>
    public int Encrypt(ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        if (_aes is null)
        {
            plaintext.CopyTo(destination);
            return plaintext.Length;
        }

        Span<byte> nonce = stackalloc byte[NonceSize];
        WriteNonce(nonce, Usable());
        Sealings.Note(_key, nonce, associatedData, plaintext);
        _aes.Encrypt(nonce, plaintext, destination[..plaintext.Length], destination.Slice(plaintext.Length, TagSize), associatedData);
        Nonce += Plants.CounterStandsStill ? 0UL : 1;
        return plaintext.Length + TagSize;
    }

    /// <summary>Opens into <paramref name="destination"/>; false, without a change of the counter, when it does not authenticate.</summary>
    public bool TryDecrypt(ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> message, Span<byte> destination, out int length)
    {
        length = message.Length;
        if (_aes is null)
        {
            message.CopyTo(destination);
            return true;
        }

        length -= TagSize;
        if (length < 0) return false;
        Span<byte> nonce = stackalloc byte[NonceSize];
        WriteNonce(nonce, Usable());
        try
        {
            _aes.Decrypt(nonce, message[..length], message[length..], destination[..length], associatedData);
        }
        catch (AuthenticationTagMismatchException)
        {
            CryptographicOperations.ZeroMemory(destination[..length]);
            return false;
        }

        Nonce += Plants.CounterStandsStill ? 0UL : 1;
        return true;
    }

    /// <summary>k = ENCRYPT(k, 2^64-1, "", zeros) cut to 32 bytes (Noise specification §4.2, §11.3). The counter goes on.</summary>
    public void Rekey()
    {
        if (_aes is null) throw new InvalidOperationException("There is no key yet.");
        Span<byte> nonce = stackalloc byte[NonceSize], zeros = stackalloc byte[SecretKey.Size], tag = stackalloc byte[TagSize];
        WriteNonce(nonce, ulong.MaxValue);
        zeros.Clear();
        Sealings.Note(_key, nonce, [], zeros);
        _aes.Encrypt(nonce, zeros, _key, tag);
        Replace();
    }

    public void Dispose()
    {
        _aes?.Dispose();
        CryptographicOperations.ZeroMemory(_key);
    }

    private ulong Usable() => Nonce < ulong.MaxValue ? Nonce : throw new InvalidOperationException("The counter is used up.");

    private void Replace()
    {
        _aes?.Dispose();
        _aes = new AesGcm(_key, TagSize);
    }

    private static void WriteNonce(Span<byte> nonce, ulong counter)
    {
        nonce[..4].Clear();
        BinaryPrimitives.WriteUInt64BigEndian(nonce[4..], counter);
    }
}
