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

    // The library of .NET is the faster one per byte; but each key needs an object of it, which costs more than a short message.
    private const int ShortMessage = 2048;

    private static ReadOnlySpan<byte> Nonce => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>Encrypts in place: the plaintext stands at the start of <paramref name="buffer"/>, the tag goes to its last 16 bytes.</summary>
    public static void SealInPlace(ReadOnlySpan<byte> key, ReadOnlySpan<byte> associatedData, Span<byte> buffer) =>
        Seal(key, associatedData, buffer[..^TagSize], buffer);

    /// <summary>Writes ciphertext ‖ tag, 16 bytes more than the plaintext; the two may begin at the same place.</summary>
    public static void Seal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> plaintext, Span<byte> sealedBytes)
    {
        Sealings.Note(key, Nonce, associatedData, plaintext);
        if (plaintext.Length <= ShortMessage && Sodium.HasAesGcm)
        {
            Sodium.AesGcmEncrypt(key, Nonce, associatedData, plaintext, sealedBytes[..^TagSize], sealedBytes[^TagSize..]);
            return;
        }

        using var aes = new AesGcm(key, TagSize);
        aes.Encrypt(Nonce, plaintext, sealedBytes[..^TagSize], sealedBytes[^TagSize..], associatedData);
    }

    /// <summary>Decrypts into <paramref name="plaintext"/>, 16 bytes shorter; false, and zeros there, when the tag does not fit.</summary>
    public static bool TryOpen(ReadOnlySpan<byte> key, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> sealedBytes, Span<byte> plaintext)
    {
        if (plaintext.Length <= ShortMessage && Sodium.HasAesGcm)
            return Sodium.TryAesGcmDecrypt(key, Nonce, associatedData, sealedBytes[..^TagSize], sealedBytes[^TagSize..], plaintext);

        using var aes = new AesGcm(key, TagSize);
        try
        {
            aes.Decrypt(Nonce, sealedBytes[..^TagSize], sealedBytes[^TagSize..], plaintext, associatedData);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            CryptographicOperations.ZeroMemory(plaintext);
            return false;
        }
    }
}
