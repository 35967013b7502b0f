using System.Security.Cryptography;

namespace SyncModule.Engine.Cryptography;

/// <summary>
/// GCM of format-1 §0: AES-256-GCM with nonce 0^12, tag appended. A key is used for one message: it is derived from everything
/// that is encrypted plus its associated data, or from a fresh salt. That is why this is internal and takes no nonce.
/// </summary>
internal static class Gcm
{
    public const int TagSize = 16;
    private const int NonceSize = 12;

    /// <summary>Encrypts in place: the plaintext stands at the start of <paramref name="buffer"/>, the tag goes to its last 16 bytes.</summary>
    public static void SealInPlace(ReadOnlySpan<byte> key, ReadOnlySpan<byte> associatedData, Span<byte> buffer)
    {
        Span<byte> nonce = stackalloc byte[NonceSize];
        nonce.Clear();
        using var aes = new AesGcm(key, TagSize);
        var text = buffer[..^TagSize];
        aes.Encrypt(nonce, text, text, buffer[^TagSize..], associatedData);
    }

    /// <summary>Decrypts into <paramref name="plaintext"/>, 16 bytes shorter; false, and zeros there, when the tag does not fit.</summary>
    public static bool TryOpen(ReadOnlySpan<byte> key, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> sealedBytes, Span<byte> plaintext)
    {
        Span<byte> nonce = stackalloc byte[NonceSize];
        nonce.Clear();
        using var aes = new AesGcm(key, TagSize);
        try
        {
            aes.Decrypt(nonce, sealedBytes[..^TagSize], sealedBytes[^TagSize..], plaintext, associatedData);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            CryptographicOperations.ZeroMemory(plaintext);
            return false;
        }
    }
}
