using System.Buffers.Binary;
using System.Security.Cryptography;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Cryptography;

/// <summary>Where a block belongs: what its seal is bound to besides the epoch (format-1 §3). The tag is 0^16 in lane 1.</summary>
public readonly record struct BlockContext(VaultId VaultId, DeviceId Device, LogId Log, ulong Sequence, CollectionTag Tag);

/// <summary>An opened block: CBOR of operations, or of one reference to the object that holds them (codec 255).</summary>
public readonly record struct OpenedBlock(byte[] Plain, bool IsReference);

/// <summary>
/// Blocks (format-1 §3): epochId ‖ siv 32 ‖ sealed body ‖ tag. The siv is a MAC over everything that is encrypted and everything it
/// is bound to, and the AEAD key is derived from it, so no key seals two messages, not even in a restored or cloned folder.
/// </summary>
public static class SealedBlocks
{
    /// <summary>Longest plaintext in bytes: 15 MiB.</summary>
    public const int MaxPlain = PaddedBody.MaxPlain;

    private const int SivOffset = Id32.Size;
    private const int BodyOffset = 2 * Id32.Size;
    private const int ShortBody = 4096;
    private const int AssociatedSize = 19 + (3 * Id32.Size) + (2 * Id16.Size) + sizeof(ulong);

    /// <summary>Shortest block.</summary>
    public static int MinSize => BodyOffset + Padme.Minimum + Gcm.TagSize;

    /// <summary>Longest block.</summary>
    public static int MaxSize { get; } = BodyOffset + PaddedBody.MaxLength(0, MaxPlain) + Gcm.TagSize;

    /// <summary>The epoch that sealed a block, so that the caller can find its keys.</summary>
    /// <exception cref="VaultFormatException">The block is too short or too long to be one.</exception>
    public static EpochId EpochOf(ReadOnlySpan<byte> block)
    {
        if (block.Length < MinSize || block.Length > MaxSize) throw new VaultFormatException("A block has a length that no block has.");
        return new EpochId(block[..Id32.Size]);
    }

    /// <summary>Bytes that a block of so much plaintext has at most.</summary>
    public static int MaxLength(int plainLength) => BodyOffset + PaddedBody.MaxLength(0, plainLength) + Gcm.TagSize;

    /// <summary>Seals operations (at most 15 MiB of CBOR) into a new block.</summary>
    public static byte[] Seal(BlockKeys keys, in BlockContext context, ReadOnlySpan<byte> plain, bool compress) => Seal(keys, context, plain, compress, forced: null);

    /// <summary>The same at the start of <paramref name="destination"/>, which has room for <see cref="MaxLength"/>; returns the block's length.</summary>
    public static int Seal(BlockKeys keys, in BlockContext context, ReadOnlySpan<byte> plain, bool compress, Span<byte> destination) =>
        Seal(keys, context, plain, compress, forced: null, destination);

    /// <summary>Seals the reference to a block object (kind 4) that holds the operations.</summary>
    public static byte[] SealReference(BlockKeys keys, in BlockContext context, in ObjectReference reference)
    {
        if (reference.Kind != ObjectKind.Block) throw new ArgumentException("The reference must name a block object.", nameof(reference));
        var writer = new CborWriter(ObjectReference.MaxEncodedSize);
        reference.Write(writer);
        return Seal(keys, context, writer.Written, compress: false, Codec.Reference);
    }

    /// <summary>Opens a block and checks all of it.</summary>
    /// <exception cref="VaultFormatException">Not sealed by these keys for this context, or an inside that the format does not allow.</exception>
    public static OpenedBlock Open(BlockKeys keys, in BlockContext context, ReadOnlySpan<byte> block)
    {
        if (EpochOf(block) != keys.EpochId) throw new VaultFormatException("A block is of another epoch.");
        Span<byte> associated = stackalloc byte[AssociatedSize + Id32.Size];
        WriteAssociated(associated, context, keys.EpochId);
        var siv = block.Slice(SivOffset, Id32.Size);
        siv.CopyTo(associated[AssociatedSize..]);

        Span<byte> key = stackalloc byte[SecretKey.Size], expected = stackalloc byte[Id32.Size];
        using var buffer = new SecretBuffer(block.Length - BodyOffset - Gcm.TagSize);
        try
        {
            HMACSHA256.HashData(keys.Siv.Key.Span, siv, key);
            if (!Gcm.TryOpen(key, associated, block[BodyOffset..], buffer.Span)) throw new VaultFormatException("A block does not authenticate.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }

        ComputeSiv(keys.Siv.Siv, associated[..AssociatedSize], buffer.Span, expected);
        if (!CryptographicOperations.FixedTimeEquals(siv, expected)) throw new VaultFormatException("A block has a siv that is not its own.");
        return ReadBody(buffer.Span);
    }

    private static byte[] Seal(BlockKeys keys, in BlockContext context, ReadOnlySpan<byte> plain, bool compress, Codec? forced)
    {
        if (plain.Length > MaxPlain) throw new ArgumentException("A block has at most 15 MiB of operations.", nameof(plain));
        using var buffer = new SecretBuffer(MaxLength(plain.Length));
        return buffer.Span[..Seal(keys, context, plain, compress, forced, buffer.Span)].ToArray();
    }

    private static int Seal(BlockKeys keys, in BlockContext context, ReadOnlySpan<byte> plain, bool compress, Codec? forced, Span<byte> destination)
    {
        if (plain.Length > MaxPlain) throw new ArgumentException("A block has at most 15 MiB of operations.", nameof(plain));
        Span<byte> associated = stackalloc byte[AssociatedSize + Id32.Size];
        WriteAssociated(associated, context, keys.EpochId);

        // The body is made where the block will stand, and encrypted there: no plaintext is left behind.
        int padded = PaddedBody.Write(destination[BodyOffset..], 0, plain, compress, forced);
        var body = destination.Slice(BodyOffset, padded);
        keys.EpochId.CopyTo(destination);
        var siv = destination.Slice(SivOffset, Id32.Size);
        ComputeSiv(keys.Siv.Siv, associated[..AssociatedSize], body, siv);
        siv.CopyTo(associated[AssociatedSize..]);

        Span<byte> key = stackalloc byte[SecretKey.Size];
        HMACSHA256.HashData(keys.Siv.Key.Span, siv, key);
        Gcm.SealInPlace(key, associated, destination.Slice(BodyOffset, padded + Gcm.TagSize));
        CryptographicOperations.ZeroMemory(key);
        return BodyOffset + padded + Gcm.TagSize;
    }

    private static OpenedBlock ReadBody(ReadOnlySpan<byte> body)
    {
        var data = PaddedBody.Read(body, 0, out var codec, out int plainLength);
        bool isReference = codec == Codec.Reference;
        if (isReference && (plainLength > ObjectReference.MaxEncodedSize || data.Length != plainLength)) throw new VaultFormatException("A block's reference has a wrong length.");
        var plain = new byte[plainLength];
        Compression.Unpack(isReference ? Codec.None : codec, data, plain);
        return new OpenedBlock(plain, isReference);
    }

    // AAD = L("block") ‖ vaultId ‖ device ‖ log ‖ seq ‖ collection tag ‖ epochId: fixed lengths, in this order.
    private static void WriteAssociated(Span<byte> destination, in BlockContext context, EpochId epochId)
    {
        Labels.Block.CopyTo(destination);
        var rest = destination[Labels.Block.Length..];
        context.VaultId.CopyTo(rest);
        context.Device.CopyTo(rest[32..]);
        context.Log.CopyTo(rest[64..]);
        BinaryPrimitives.WriteUInt64BigEndian(rest[80..], context.Sequence);
        context.Tag.CopyTo(rest[88..]);
        epochId.CopyTo(rest[104..]);
    }

    // siv = HMAC(key, u32 len AAD ‖ AAD ‖ body)
    private static void ComputeSiv(SecretKey key, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> body, Span<byte> siv)
    {
        ReadOnlySpan<byte> place = Plants.SivWithoutPlace ? [] : associated;
        if (body.Length <= ShortBody) ComputeShort(key, place, body, siv);
        else ComputeLong(key, place, body, siv);
    }

    // One call of the library on a copy costs a short body a fraction of what an object of it does.
    private static void ComputeShort(SecretKey key, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> body, Span<byte> siv)
    {
        Span<byte> message = stackalloc byte[sizeof(uint) + AssociatedSize + ShortBody];
        BinaryPrimitives.WriteUInt32BigEndian(message, AssociatedSize);
        associated.CopyTo(message[sizeof(uint)..]);
        body.CopyTo(message[(sizeof(uint) + associated.Length)..]);
        message = message[..(sizeof(uint) + associated.Length + body.Length)];
        HMACSHA256.HashData(key.Span, message, siv);
        CryptographicOperations.ZeroMemory(message);
    }

    private static void ComputeLong(SecretKey key, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> body, Span<byte> siv)
    {
        Span<byte> length = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(length, AssociatedSize);
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key.Span);
        mac.AppendData(length);
        mac.AppendData(associated);
        mac.AppendData(body);
        mac.GetHashAndReset(siv);
    }
}
