using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Cryptography;

/// <summary>Keys from the genesis epoch, which never rotate (format-1 §1).</summary>
public sealed class GenesisKeys : IDisposable
{
    private readonly SecretKey _secret;
    private readonly SecretKey _content;
    private readonly HmacLanes _contents;

    public GenesisKeys(EpochKeys genesis)
    {
        VaultId = genesis.VaultId;
        _secret = genesis.Secret.Clone();
        _content = KeySchedule.Derive(_secret, Labels.Content, VaultId);
        _contents = new HmacLanes(_content.Span);
        Chunking = KeySchedule.Derive(_secret, Labels.Cdc, VaultId);
        Digest = KeySchedule.Derive(_secret, Labels.Digest, VaultId);
        Membership = BlockKeys.ForMembership(genesis.Network);
    }

    public VaultId VaultId { get; }

    /// <summary>Seed of the chunker's gear table.</summary>
    public SecretKey Chunking { get; }

    /// <summary>MAC key of the state digest (§16).</summary>
    public SecretKey Digest { get; }

    /// <summary>Keys of lane 1.</summary>
    public BlockKeys Membership { get; }

    /// <summary>tag = X(ES, "collection/tag", vaultId ‖ H(UTF-8 NFC name))[0..16] (§3).</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.NameInvalid"/> when the name is no well-formed Unicode.</exception>
    public CollectionTag TagOf(string collection)
    {
        byte[] utf8;
        try
        {
            utf8 = Encoding.UTF8.GetBytes(collection.Normalize(NormalizationForm.FormC));
        }
        catch (ArgumentException e)
        {
            throw SyncErrors.NameInvalid.With("The collection's name is not well-formed Unicode", e);
        }

        using var tag = KeySchedule.Derive(_secret, Labels.CollectionTag, VaultId, Core.Encoding.Digest.Hash(utf8));
        return new CollectionTag(tag.Span[..Id16.Size]);
    }

    /// <summary>
    /// content = HMAC(X(ES, "content"), H(plaintext)) (§4) of what is short enough to stand inline; equal contents are seen as equal by members only.
    /// Longer ones: <see cref="LongContent"/>.
    /// </summary>
    public Id32 ContentOf(in Id32 plaintextHash)
    {
        Span<byte> hash = stackalloc byte[Id32.Size];
        plaintextHash.CopyTo(hash);
        Span<byte> mac = stackalloc byte[Id32.Size];
        HMACSHA256.HashData(_content.Span, hash, mac);
        return new Id32(mac);
    }

    /// <summary>The same for many.</summary>
    internal void ContentsOf(ReadOnlySpan<Id32> plaintextHashes, Span<Id32> contents)
    {
        Span<LaneMessage> messages = stackalloc LaneMessage[Math.Min(plaintextHashes.Length, LanePlan.AtOnce)];
        for (int i = 0; i < messages.Length; i++) messages[i] = new(i * Id32.Size, Id32.Size);
        for (int start = 0; start < plaintextHashes.Length; start += messages.Length)
        {
            var some = plaintextHashes.Slice(start, Math.Min(messages.Length, plaintextHashes.Length - start));
            _contents.Compute(MemoryMarshal.AsBytes(some), messages[..some.Length], contents[start..]);
        }
    }

    /// <summary>content = HMAC(X(ES, "content"), u64 length ‖ hash), see <see cref="LongContent"/>.</summary>
    internal Id32 ContentOf(long length, in Id32 hashOfKeys)
    {
        Span<byte> input = stackalloc byte[sizeof(ulong) + Id32.Size], mac = stackalloc byte[Id32.Size];
        BinaryPrimitives.WriteInt64BigEndian(input, length);
        hashOfKeys.CopyTo(input[sizeof(ulong)..]);
        HMACSHA256.HashData(_content.Span, input, mac);
        return new Id32(mac);
    }

    public void Dispose()
    {
        _contents.Dispose();
        _secret.Dispose();
        _content.Dispose();
        Chunking.Dispose();
        Digest.Dispose();
        Membership.Dispose();
    }
}
