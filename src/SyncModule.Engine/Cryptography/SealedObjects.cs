using System.Security.Cryptography;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Cryptography;

/// <summary>
/// Objects (format-1 §5): P = kind ‖ codec ‖ lengths ‖ data ‖ padding; key = HMAC(X(ES,"object"), P); sealed = GCM(key, L("object") ‖
/// vaultId, P); address = H(sealed). The key covers all of P, so it seals one message; the reference holds it, so an object opens
/// without its epoch's keys.
/// </summary>
public static class SealedObjects
{
    /// <summary>Longest plaintext and longest data: 15 MiB. Writers keep to 1 MiB.</summary>
    public const int MaxPlain = PaddedBody.MaxPlain;

    /// <summary>Bytes before the data: kind, codec and two lengths.</summary>
    internal const int HeadSize = KindSize + PaddedBody.HeaderSize;

    private const int KindSize = 1;
    private const int AssociatedSize = 20 + Id32.Size;

    // Padding of a chunk, at most 8 KiB, is put aside on the stack.
    private const int MaxKept = 8 << 10;

    /// <summary>Longest sealed object.</summary>
    public static int MaxSealedSize { get; } = MaxSealedLength(MaxPlain);

    /// <summary>Room that <see cref="Seal"/> needs for a plaintext of this length.</summary>
    public static int MaxSealedLength(int plainLength) => PaddedBody.MaxLength(KindSize, plainLength) + Gcm.TagSize;

    /// <summary>Seals into the start of <paramref name="destination"/>, which has at least <see cref="MaxSealedLength"/> bytes.</summary>
    /// <returns>The reference, which holds the key; <paramref name="written"/> bytes of the destination are the sealed object; what was used behind them is zeroed.</returns>
    public static ObjectReference Seal(EpochKeys keys, ObjectKind kind, ReadOnlySpan<byte> plain, bool compress, Span<byte> destination, out int written)
    {
        var key = SealBody(keys, kind, plain, compress, null, destination, out written);
        return new ObjectReference(Digest.Hash(destination[..written]), key, kind, plain.Length);
    }

    /// <summary>
    /// The same without the address, for a caller that hashes many together. <paramref name="known"/> spares the hash over P where it is
    /// the key of exactly this P: uncompressed and in this epoch.
    /// </summary>
    internal static Id32 SealBody(EpochKeys keys, ObjectKind kind, ReadOnlySpan<byte> plain, bool compress, PlainKey? known, Span<byte> destination, out int written)
    {
        CheckRoom(plain.Length, destination);
        destination[0] = (byte)kind;
        int padded = PaddedBody.Write(destination, KindSize, plain, compress);
        return SealPadded(keys, destination[..padded], known, destination[..MaxSealedLength(plain.Length)], out written);
    }

    /// <summary>
    /// The same for a plaintext that stands at <paramref name="start"/> of a buffer which is the caller's alone: what does not get smaller is
    /// not copied. Head and padding are written around it for the moment, where the buffer has room for them; afterwards its bytes are what they were.
    /// </summary>
    internal static Id32 SealBodyFrom(EpochKeys keys, ObjectKind kind, Span<byte> buffer, int start, int length, PlainKey? known, Span<byte> destination, out int written)
    {
        var plain = buffer.Slice(start, length);
        CheckRoom(length, destination);
        int first = start - HeadSize, padding = PlainPadding(length), padded = HeadSize + length + padding;
        if (first < 0 || first + padded > buffer.Length || padding > MaxKept) return SealBody(keys, kind, plain, compress: true, known, destination, out written);
        if (PaddedBody.MayShrink(KindSize, length) && Compression.TryShrink(plain, destination[HeadSize..], out int packed))
        {
            destination[0] = (byte)kind;
            int shorter = PaddedBody.Complete(destination, KindSize, Codec.Zstd, length, packed);
            return SealPadded(keys, destination[..shorter], known, destination[..MaxSealedLength(length)], out written);
        }

        Span<byte> around = stackalloc byte[HeadSize + padding];
        Span<byte> head = buffer.Slice(first, HeadSize), tail = buffer.Slice(start + length, padding);
        head.CopyTo(around);
        tail.CopyTo(around[HeadSize..]);
        try
        {
            WritePlainHead(head, kind, length);
            tail.Clear();
            return SealPadded(keys, buffer.Slice(first, padded), known, destination[..MaxSealedLength(length)], out written);
        }
        finally
        {
            around[..HeadSize].CopyTo(head);
            around[HeadSize..].CopyTo(tail);
            CryptographicOperations.ZeroMemory(around);
        }
    }

    /// <summary>The head of a P that is not compressed, <see cref="HeadSize"/> bytes.</summary>
    internal static void WritePlainHead(Span<byte> head, ObjectKind kind, int length)
    {
        head[0] = (byte)kind;
        PaddedBody.WriteHeader(head[KindSize..], Codec.None, length, length);
    }

    /// <summary>Zeros behind data of this length that is not compressed.</summary>
    internal static int PlainPadding(int length) => PaddedBody.MaxLength(KindSize, length) - HeadSize - length;

    private static void CheckRoom(int plainLength, Span<byte> destination)
    {
        if (plainLength > MaxPlain) throw new ArgumentException("An object has at most 15 MiB.", nameof(plainLength));
        if (destination.Length < MaxSealedLength(plainLength)) throw new ArgumentException("The destination is too short.", nameof(destination));
    }

    // Seals P, which may stand at the start of the destination. What an abandoned compression left behind it is plaintext.
    private static Id32 SealPadded(EpochKeys keys, ReadOnlySpan<byte> body, PlainKey? known, Span<byte> destination, out int written)
    {
        written = body.Length + Gcm.TagSize;
        Span<byte> key = stackalloc byte[SecretKey.Size], associated = stackalloc byte[AssociatedSize];
        if (!Plants.KeyWithoutContent && known is { } plainKey && plainKey.Epoch == keys.EpochId && body[KindSize] == (byte)Codec.None) plainKey.Value.CopyTo(key);
        else HMACSHA256.HashData(keys.ObjectKey.Span, Plants.KeyWithoutContent ? body[..KindSize] : body, key);
        WriteAssociated(associated, keys.VaultId);
        Gcm.Seal(key, associated, body, destination[..written]);
        destination[written..].Clear();
        return new Id32(key);
    }

    /// <summary>
    /// Opens into the start of <paramref name="destination"/>, which has at least the reference's length: exactly that many bytes are
    /// written.
    /// </summary>
    /// <exception cref="VaultFormatException">Bytes that are not the ones the reference names, or an inside that the format does not allow.</exception>
    public static void Open(VaultId vaultId, in ObjectReference reference, ReadOnlySpan<byte> sealedBytes, Span<byte> destination)
    {
        if (sealedBytes.Length < Padme.Minimum + Gcm.TagSize || sealedBytes.Length > MaxSealedSize) throw new VaultFormatException("An object has a length that no object has.");
        if (Digest.Hash(sealedBytes) != reference.Address) throw new VaultFormatException("An object's bytes do not match its address.");
        Span<byte> key = stackalloc byte[SecretKey.Size], associated = stackalloc byte[AssociatedSize];
        WriteAssociated(associated, vaultId);
        reference.Key.CopyTo(key);
        using var buffer = new SecretBuffer(sealedBytes.Length - Gcm.TagSize);
        bool opened = Gcm.TryOpen(key, associated, sealedBytes, buffer.Span);
        CryptographicOperations.ZeroMemory(key);
        if (!opened) throw new VaultFormatException("An object does not authenticate.");

        if (buffer.Span[0] != (byte)reference.Kind) throw new VaultFormatException("An object is of another kind than its reference says.");
        var data = PaddedBody.Read(buffer.Span, KindSize, out var codec, out int plainLength);
        if (plainLength != reference.Length) throw new VaultFormatException("An object has another length than its reference says.");
        if (codec == Codec.Reference) throw new VaultFormatException("An object has an unknown codec.");
        Compression.Unpack(codec, data, destination[..plainLength]);
    }

    /// <summary>Opens into a new array.</summary>
    public static byte[] Open(VaultId vaultId, in ObjectReference reference, ReadOnlySpan<byte> sealedBytes)
    {
        if (reference.Length is < 0 or > MaxPlain) throw new VaultFormatException("An object is longer than allowed.");
        var plain = new byte[reference.Length];
        Open(vaultId, reference, sealedBytes, plain);
        return plain;
    }

    // AAD = L("object") ‖ vaultId
    private static void WriteAssociated(Span<byte> destination, VaultId vaultId)
    {
        Labels.Object.CopyTo(destination);
        vaultId.CopyTo(destination[Labels.Object.Length..]);
    }
}
