using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Cryptography;

/// <summary>What opens a slot.</summary>
public enum SlotType : byte
{
    Passphrase = 1,
    KeyFile = 2,

    /// <summary>24 words, which are 32 bytes.</summary>
    Recovery = 3,
}

/// <summary>How a passphrase slot's key is derived.</summary>
public sealed record SlotKdf(Argon2Parameters Parameters, Id16 Salt);

/// <summary>
/// One slot of vault.json as it stands in clear (format-1 §11): its header, a commitment to the key that opens it, and the local
/// master key wrapped under that key.
/// </summary>
public sealed class KeySlot
{
    /// <summary>Master key and tag.</summary>
    internal const int WrappedSize = SecretKey.Size + Gcm.TagSize;

    internal KeySlot(Id16 id, SlotType type, Id16? keyId, SlotKdf? kdf, Id32 commit, byte[] wrapped)
    {
        Id = id;
        Type = type;
        KeyId = keyId;
        Kdf = kdf;
        Commit = commit;
        Wrapped = wrapped;
    }

    /// <summary>New whenever any slot changes.</summary>
    public Id16 Id { get; }

    public SlotType Type { get; }

    /// <summary>Key files only: which file opens it.</summary>
    public Id16? KeyId { get; }

    /// <summary>Passphrases only.</summary>
    public SlotKdf? Kdf { get; }

    internal Id32 Commit { get; }

    internal byte[] Wrapped { get; }

    /// <summary>CBOR [1, vaultId, id, type, key id or null, m in KiB, t, salt]; the last three are null without a passphrase.</summary>
    internal static byte[] Header(VaultId vaultId, Id16 id, SlotType type, Id16? keyId, SlotKdf? kdf)
    {
        var writer = new CborWriter();
        writer.WriteArray(8);
        writer.WriteUInt(1);
        writer.WriteId(vaultId);
        writer.WriteId(id);
        writer.WriteUInt((ulong)type);
        if (keyId is { } key) writer.WriteId(key);
        else writer.WriteNull();
        if (kdf is not null)
        {
            writer.WriteUInt((ulong)kdf.Parameters.MemoryKiB);
            writer.WriteUInt((ulong)kdf.Parameters.Passes);
            writer.WriteId(kdf.Salt);
        }
        else
        {
            for (int i = 0; i < 3; i++) writer.WriteNull();
        }

        return writer.ToArray();
    }

    /// <summary>Wraps the master key for a slot key under a new slot id.</summary>
    internal static KeySlot Wrap(VaultId vaultId, Id16 id, SlotKey key, SecretKey masterKey)
    {
        var header = Header(vaultId, id, key.Type, key.KeyId, key.Kdf);
        var headerHash = Digest.Hash(header);
        using var commit = KeySchedule.Derive(key.Kek, Labels.SlotCommit, headerHash);
        using var wrap = KeySchedule.Derive(key.Kek, Labels.SlotWrap, headerHash);
        var wrapped = new byte[WrappedSize];
        masterKey.Span.CopyTo(wrapped);
        Gcm.SealInPlace(wrap.Span, header, wrapped);
        return new KeySlot(id, key.Type, key.KeyId, key.Kdf, new Id32(commit.Span), wrapped);
    }

    /// <summary>The master key, or null when this slot's key is another one. The commitment is compared first, in fixed time.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.VaultDamaged"/> when the commitment fits and the wrapped key does not open.</exception>
    internal SecretKey? TryUnwrap(VaultId vaultId, SecretKey kek)
    {
        var header = Header(vaultId, Id, Type, KeyId, Kdf);
        var headerHash = Digest.Hash(header);
        using var commit = KeySchedule.Derive(kek, Labels.SlotCommit, headerHash);
        if (!System.Security.Cryptography.CryptographicOperations.FixedTimeEquals(commit.Span, Commit.ToArray())) return null;
        using var wrap = KeySchedule.Derive(kek, Labels.SlotWrap, headerHash);
        Span<byte> master = stackalloc byte[SecretKey.Size];
        if (!Gcm.TryOpen(wrap.Span, header, Wrapped, master)) throw SyncErrors.VaultDamaged.With("A key slot of vault.json is damaged");
        var key = new SecretKey(master);
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(master);
        return key;
    }
}

/// <summary>A key that shall open the vault, before or after it has a slot: type, what names it, and the KEK itself.</summary>
public sealed class SlotKey : IDisposable
{
    internal SlotKey(SlotType type, Id16? keyId, SlotKdf? kdf, SecretKey kek)
    {
        Type = type;
        KeyId = keyId;
        Kdf = kdf;
        Kek = kek;
    }

    public SlotType Type { get; }

    public Id16? KeyId { get; }

    public SlotKdf? Kdf { get; }

    internal SecretKey Kek { get; }

    /// <summary>Derives the slot key with a fresh salt; takes the time and memory of <paramref name="parameters"/>.</summary>
    public static SlotKey FromPassphrase(ReadOnlySpan<char> passphrase, Argon2Parameters parameters, IRandomSource random)
    {
        if (!parameters.AreAllowed) throw new ArgumentException("The Argon2 parameters are out of bounds.", nameof(parameters));
        Span<byte> salt = stackalloc byte[Id16.Size];
        random.Fill(salt);
        return new SlotKey(SlotType.Passphrase, keyId: null, new SlotKdf(parameters, new Id16(salt)), Passphrase.Derive(passphrase, parameters, salt));
    }

    public static SlotKey FromKeyFile(KeyFile file) => new(SlotType.KeyFile, file.KeyId, kdf: null, file.Key.Clone());

    /// <summary>The 32 bytes that the 24 words stand for.</summary>
    public static SlotKey FromRecovery(SecretKey words) => new(SlotType.Recovery, keyId: null, kdf: null, words.Clone());

    public void Dispose() => Kek.Dispose();
}
