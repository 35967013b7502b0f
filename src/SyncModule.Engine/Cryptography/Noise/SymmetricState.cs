using System.Security.Cryptography;
using System.Text;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Cryptography.Noise;

/// <summary>Chaining key, transcript hash and cipher of a handshake (Noise specification §5.2) with SHA-256.</summary>
internal sealed class SymmetricState : IDisposable
{
    private const int HashSize = 32;

    private readonly byte[] _chainingKey = GC.AllocateArray<byte>(HashSize, pinned: true);
    private readonly byte[] _hash = new byte[HashSize];
    private readonly CipherState _cipher = new();

    public SymmetricState(string protocolName)
    {
        // A name of at most 32 bytes is filled up with zeros, not hashed.
        if (Encoding.ASCII.GetByteCount(protocolName) > HashSize) throw new ArgumentException("The protocol name is too long.", nameof(protocolName));
        Encoding.ASCII.GetBytes(protocolName, _hash);
        _hash.CopyTo(_chainingKey, 0);
    }

    public Id32 Hash => new(_hash);

    public bool HasKey => _cipher.HasKey;

    /// <summary>Bytes that <see cref="EncryptAndHash"/> adds.</summary>
    public int Overhead => HasKey ? CipherState.TagSize : 0;

    public void MixHash(ReadOnlySpan<byte> data)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(_hash);
        sha.AppendData(data);
        sha.GetHashAndReset(_hash);
    }

    public void MixKey(ReadOnlySpan<byte> input)
    {
        Span<byte> output = stackalloc byte[2 * HashSize];
        Expand(input, output);
        output[..HashSize].CopyTo(_chainingKey);
        _cipher.InitializeKey(output[HashSize..]);
        CryptographicOperations.ZeroMemory(output);
    }

    /// <summary>Mixes a pre-shared key into key and transcript.</summary>
    public void MixKeyAndHash(ReadOnlySpan<byte> input)
    {
        Span<byte> output = stackalloc byte[3 * HashSize];
        Expand(input, output);
        output[..HashSize].CopyTo(_chainingKey);
        MixHash(output.Slice(HashSize, HashSize));
        _cipher.InitializeKey(output[(2 * HashSize)..]);
        CryptographicOperations.ZeroMemory(output);
    }

    public int EncryptAndHash(ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        int length = _cipher.Encrypt(_hash, plaintext, destination);
        MixHash(destination[..length]);
        return length;
    }

    public bool TryDecryptAndHash(ReadOnlySpan<byte> message, Span<byte> destination)
    {
        if (!_cipher.TryDecrypt(_hash, message, destination, out _)) return false;
        MixHash(message);
        return true;
    }

    /// <summary>The two transport ciphers: the first is the initiator's to send with.</summary>
    public (CipherState First, CipherState Second) Split()
    {
        Span<byte> output = stackalloc byte[2 * HashSize];
        Expand([], output);
        CipherState first = new(), second = new();
        first.InitializeKey(output[..HashSize]);
        second.InitializeKey(output[HashSize..]);
        CryptographicOperations.ZeroMemory(output);
        return (first, second);
    }

    // HKDF of the Noise specification §4.3, out of HMAC: some platforms' HKDF refuses the empty input that Split has.
    private void Expand(ReadOnlySpan<byte> input, Span<byte> output)
    {
        Span<byte> key = stackalloc byte[HashSize], block = stackalloc byte[HashSize + 1];
        HMACSHA256.HashData(_chainingKey, input, key);
        int previous = 0;
        for (int at = 0; at < output.Length; at += HashSize)
        {
            block[previous] = (byte)((at / HashSize) + 1);
            HMACSHA256.HashData(key, block[..(previous + 1)], output.Slice(at, HashSize));
            output.Slice(at, HashSize).CopyTo(block);
            previous = HashSize;
        }

        CryptographicOperations.ZeroMemory(key);
        CryptographicOperations.ZeroMemory(block);
    }

    public void Dispose()
    {
        _cipher.Dispose();
        CryptographicOperations.ZeroMemory(_chainingKey);
    }
}
