using SyncModule.Core.Encoding;

namespace SyncModule.Engine.Cryptography;

/// <summary>
/// Cost of a passphrase slot: Argon2id v1.3 with one lane (format-1 §11). Chosen once, stored in the slot, never guessed again.
/// </summary>
/// <param name="MemoryKiB">m in KiB: 19 MiB to 1 GiB.</param>
/// <param name="Passes">t: 2 to 16; m·t is at most 4 GiB.</param>
public readonly record struct Argon2Parameters(int MemoryKiB, int Passes)
{
    public const int MinMemoryKiB = 19 * 1024;
    public const int MaxMemoryKiB = 1024 * 1024;
    public const int MinPasses = 2;
    public const int MaxPasses = 16;
    private const long MaxProduct = 4L * 1024 * 1024;

    /// <summary>64 MiB, 3 passes.</summary>
    public static Argon2Parameters Default => new(64 * 1024, 3);

    /// <summary>True inside all limits. Asked before any memory is taken.</summary>
    public bool AreAllowed =>
        MemoryKiB is >= MinMemoryKiB and <= MaxMemoryKiB && Passes is >= MinPasses and <= MaxPasses && (long)MemoryKiB * Passes <= MaxProduct;

    /// <summary>The default, or its equal in work with less memory on a machine with less than 512 MiB.</summary>
    public static Argon2Parameters ForMachine(long totalMemoryBytes) => totalMemoryBytes < 512L * 1024 * 1024 ? new(MinMemoryKiB, 10) : Default;

    /// <summary>Derives the slot key of a passphrase already in its canonical bytes.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.MemoryShort"/> when the memory cannot be had.</exception>
    internal SecretKey Derive(ReadOnlySpan<byte> passphrase, ReadOnlySpan<byte> salt)
    {
        if (!AreAllowed) throw new VaultFormatException("A slot's Argon2 parameters are out of bounds.");
        Span<byte> key = stackalloc byte[SecretKey.Size];
        if (!Sodium.TryArgon2Id(passphrase, salt, MemoryKiB * 1024L, Passes, key))
            throw SyncErrors.MemoryShort.With(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Unlocking with the passphrase needs {MemoryKiB / 1024} MiB of memory"));
        var secret = new SecretKey(key);
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(key);
        return secret;
    }
}
