using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SyncModule.Engine.Cryptography;

/// <summary>The functions of libsodium (1.0.18 or later) that are used; <see cref="Sodium"/> checks every length before it calls one.</summary>
internal static unsafe partial class SodiumNative
{
    public const int Argon2Id13 = 2;

    [LibraryImport(NativeLibraries.Sodium)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial int crypto_sign_seed_keypair(byte* pk, byte* sk, byte* seed);

    [LibraryImport(NativeLibraries.Sodium)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial int crypto_sign_detached(byte* sig, ulong* sigLength, byte* m, ulong mLength, byte* sk);

    [LibraryImport(NativeLibraries.Sodium)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial int crypto_sign_verify_detached(byte* sig, byte* m, ulong mLength, byte* pk);

    [LibraryImport(NativeLibraries.Sodium)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial int crypto_scalarmult(byte* q, byte* n, byte* p);

    [LibraryImport(NativeLibraries.Sodium)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial int crypto_scalarmult_base(byte* q, byte* n);

    [LibraryImport(NativeLibraries.Sodium)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial int crypto_pwhash(byte* key, ulong keyLength, byte* password, ulong passwordLength, byte* salt, ulong opsLimit, nuint memLimit, int algorithm);

    [LibraryImport(NativeLibraries.Sodium)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial int crypto_aead_xchacha20poly1305_ietf_encrypt(byte* c, ulong* cLength, byte* m, ulong mLength, byte* ad, ulong adLength, byte* nsec, byte* npub, byte* k);

    [LibraryImport(NativeLibraries.Sodium)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial int crypto_aead_xchacha20poly1305_ietf_decrypt(byte* m, ulong* mLength, byte* nsec, byte* c, ulong cLength, byte* ad, ulong adLength, byte* npub, byte* k);

    [LibraryImport(NativeLibraries.Sodium)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial int crypto_aead_aes256gcm_is_available();

    [LibraryImport(NativeLibraries.Sodium)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial int crypto_aead_aes256gcm_encrypt_detached(byte* c, byte* mac, ulong* macLength, byte* m, ulong mLength, byte* ad, ulong adLength, byte* nsec, byte* npub, byte* k);

    [LibraryImport(NativeLibraries.Sodium)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial int crypto_aead_aes256gcm_decrypt_detached(byte* m, byte* nsec, byte* c, ulong cLength, byte* mac, byte* ad, ulong adLength, byte* npub, byte* k);
}
