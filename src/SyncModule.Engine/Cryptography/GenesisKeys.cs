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

    /// <summary>content = HMAC(X(ES, "content"), H(plaintext)) (§4); equal contents are seen as equal by members only.</summary>
    public Id32 ContentOf(in Id32 plaintextHash)
    {
        Span<byte> hash = stackalloc byte[Id32.Size];
        plaintextHash.CopyTo(hash);
        Span<byte> mac = stackalloc byte[Id32.Size];
        HMACSHA256.HashData(_content.Span, hash, mac);
        return new Id32(mac);
    }

    /// <summary><see cref="ContentOf"/> of many.</summary>
    internal void ContentsOf(ReadOnlySpan<Id32> plaintextHashes, Span<Id32> contents)
    {
        const int AtOnce = 64;
        Span<byte> hashes = stackalloc byte[AtOnce * Id32.Size];
        Span<LaneMessage> messages = stackalloc LaneMessage[AtOnce];
        for (int start = 0; start < plaintextHashes.Length; start += AtOnce)
        {
            int count = Math.Min(AtOnce, plaintextHashes.Length - start);
            for (int i = 0; i < count; i++)
            {
                plaintextHashes[start + i].CopyTo(hashes[(i * Id32.Size)..]);
                messages[i] = new(i * Id32.Size, Id32.Size);
            }

            _contents.Compute(hashes, messages[..count], contents[start..]);
        }
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
