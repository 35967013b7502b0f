using System.Security.Cryptography;

namespace SyncModule.Engine.Cryptography;

/// <summary>
/// Ed25519, X25519, Argon2id and XChaCha20-Poly1305 by libsodium: one library everywhere, so that no two devices can disagree about
/// a signature (format-1 §0). Wrong lengths are <see cref="ArgumentException"/>: the callers' shapes fix them.
/// </summary>
internal static unsafe class Sodium
{
    public const int KeySize = 32;
    public const int SignatureSize = 64;

    /// <summary>Seed ‖ public key, libsodium's form of a signing key.</summary>
    public const int SigningKeySize = 64;

    public const int Argon2SaltSize = 16;
    public const int XChaChaNonceSize = 24;
    public const int XChaChaTagSize = 16;
    public const int AesGcmNonceSize = 12;
    public const int AesGcmTagSize = 16;

    public static void SignKeyPair(ReadOnlySpan<byte> seed, Span<byte> publicKey, Span<byte> signingKey)
    {
        Check(seed.Length == KeySize && publicKey.Length == KeySize && signingKey.Length == SigningKeySize);
        fixed (byte* s = seed, pk = publicKey, sk = signingKey)
        {
            if (SodiumNative.crypto_sign_seed_keypair(pk, sk, s) != 0) throw new CryptographicException("crypto_sign_seed_keypair failed.");
        }
    }

    public static void Sign(ReadOnlySpan<byte> signingKey, ReadOnlySpan<byte> message, Span<byte> signature)
    {
        Check(signingKey.Length == SigningKeySize && signature.Length == SignatureSize);
        fixed (byte* sk = signingKey, m = message, sig = signature)
        {
            if (SodiumNative.crypto_sign_detached(sig, null, m, (ulong)message.Length, sk) != 0) throw new CryptographicException("crypto_sign_detached failed.");
        }
    }

    /// <summary>The one verifier of the format. False for a key or signature of a wrong length too.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (publicKey.Length != KeySize || signature.Length != SignatureSize) return false;
        fixed (byte* pk = publicKey, m = message, sig = signature)
        {
            return SodiumNative.crypto_sign_verify_detached(sig, m, (ulong)message.Length, pk) == 0;
        }
    }

    public static void X25519PublicKey(ReadOnlySpan<byte> secret, Span<byte> publicKey)
    {
        Check(secret.Length == KeySize && publicKey.Length == KeySize);
        fixed (byte* n = secret, q = publicKey)
        {
            if (SodiumNative.crypto_scalarmult_base(q, n) != 0) throw new CryptographicException("crypto_scalarmult_base failed.");
        }
    }

    /// <summary>The shared secret; false, and zeros, when it is all zero, that is when the point has low order.</summary>
    public static bool TryX25519(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> publicKey, Span<byte> shared)
    {
        Check(secret.Length == KeySize && publicKey.Length == KeySize && shared.Length == KeySize);
        int result;
        fixed (byte* n = secret, p = publicKey, q = shared)
        {
            result = SodiumNative.crypto_scalarmult(q, n, p);
        }

        Span<byte> zero = stackalloc byte[KeySize];
        zero.Clear();
        if (result == 0 && !CryptographicOperations.FixedTimeEquals(shared, zero)) return true;
        shared.Clear();
        return false;
    }

    /// <summary>Argon2id v1.3 with one lane. False when the memory cannot be had.</summary>
    /// <param name="password">Any bytes.</param>
    /// <param name="salt">16 bytes.</param>
    /// <param name="memoryBytes">m in bytes.</param>
    /// <param name="passes">t.</param>
    /// <param name="key">32 bytes.</param>
    public static bool TryArgon2Id(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, long memoryBytes, int passes, Span<byte> key)
    {
        Check(salt.Length == Argon2SaltSize && key.Length == KeySize);
        fixed (byte* pw = password, s = salt, k = key)
        {
            return SodiumNative.crypto_pwhash(k, KeySize, pw, (ulong)password.Length, s, (ulong)passes, (nuint)memoryBytes, SodiumNative.Argon2Id13) == 0;
        }
    }

    /// <summary>Writes ciphertext ‖ tag: 16 bytes more than the plaintext.</summary>
    public static void XChaChaEncrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> associatedData, Span<byte> destination)
    {
        Check(key.Length == KeySize && nonce.Length == XChaChaNonceSize && destination.Length == plaintext.Length + XChaChaTagSize);
        fixed (byte* k = key, n = nonce, m = plaintext, ad = associatedData, c = destination)
        {
            if (SodiumNative.crypto_aead_xchacha20poly1305_ietf_encrypt(c, null, m, (ulong)plaintext.Length, ad, (ulong)associatedData.Length, null, n, k) != 0)
                throw new CryptographicException("crypto_aead_xchacha20poly1305_ietf_encrypt failed.");
        }
    }

    /// <summary>Opens ciphertext ‖ tag; false, and zeros, when it does not authenticate.</summary>
    public static bool TryXChaChaDecrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> ciphertext, ReadOnlySpan<byte> associatedData, Span<byte> destination)
    {
        Check(key.Length == KeySize && nonce.Length == XChaChaNonceSize && (ciphertext.Length < XChaChaTagSize || destination.Length == ciphertext.Length - XChaChaTagSize));
        if (ciphertext.Length < XChaChaTagSize) return false;
        int result;
        fixed (byte* k = key, n = nonce, c = ciphertext, ad = associatedData, m = destination)
        {
            result = SodiumNative.crypto_aead_xchacha20poly1305_ietf_decrypt(m, null, null, c, (ulong)ciphertext.Length, ad, (ulong)associatedData.Length, n, k);
        }

        if (result == 0) return true;
        destination.Clear();
        return false;
    }

    /// <summary>Whether libsodium has AES-256-GCM on this processor.</summary>
    public static bool HasAesGcm => _aesGcm ??= SodiumNative.crypto_aead_aes256gcm_is_available() != 0;

    // Not at type initialisation: a library that is missing has to be told by its own error.
    private static bool? _aesGcm;

    /// <summary>AES-256-GCM; <paramref name="cipher"/> is as long as <paramref name="plaintext"/> and may be the same memory.</summary>
    public static void AesGcmEncrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> plaintext, Span<byte> cipher, Span<byte> tag)
    {
        Check(key.Length == KeySize && nonce.Length == AesGcmNonceSize && tag.Length == AesGcmTagSize && cipher.Length == plaintext.Length);
        fixed (byte* k = key, n = nonce, ad = associatedData, m = plaintext, c = cipher, t = tag)
        {
            if (SodiumNative.crypto_aead_aes256gcm_encrypt_detached(c, t, null, m, (ulong)plaintext.Length, ad, (ulong)associatedData.Length, null, n, k) != 0)
                throw new CryptographicException("crypto_aead_aes256gcm_encrypt_detached failed.");
        }
    }

    /// <summary>False, and zeros, when the tag does not fit.</summary>
    public static bool TryAesGcmDecrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> cipher, ReadOnlySpan<byte> tag, Span<byte> plaintext)
    {
        Check(key.Length == KeySize && nonce.Length == AesGcmNonceSize && tag.Length == AesGcmTagSize && cipher.Length == plaintext.Length);
        int result;
        fixed (byte* k = key, n = nonce, ad = associatedData, m = plaintext, c = cipher, t = tag)
        {
            result = SodiumNative.crypto_aead_aes256gcm_decrypt_detached(m, null, c, (ulong)cipher.Length, t, ad, (ulong)associatedData.Length, n, k);
        }

        if (result == 0) return true;
        plaintext.Clear();
        return false;
    }

    private static void Check(bool lengths)
    {
        if (!lengths) throw new ArgumentException("A key, nonce, signature or buffer has the wrong length.");
    }
}
