using System.Security.Cryptography;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Cryptography;

/// <summary>X of format-1 §0. The classes beside it (EpochKeys, NetworkKeys, GenesisKeys, IndexKeys) say what is derived from what.</summary>
internal static class KeySchedule
{
    // Longest label and longest context of the format, with room.
    private const int MaxInfo = 160;

    /// <summary>X(key, label, context) into 32 bytes. The context consists of fixed-length parts only.</summary>
    public static void Derive(ReadOnlySpan<byte> key, ReadOnlySpan<byte> label, ReadOnlySpan<byte> context, Span<byte> output)
    {
        if (output.Length != SecretKey.Size) throw new ArgumentException("A derived key has 32 bytes.", nameof(output));
        Span<byte> info = stackalloc byte[MaxInfo];
        label.CopyTo(info);
        context.CopyTo(info[label.Length..]);
        HKDF.Expand(HashAlgorithmName.SHA256, key, output, info[..(label.Length + context.Length)]);
    }

    /// <summary>X(key, label, id): the id is the vault's unless the specification says otherwise.</summary>
    public static SecretKey Derive(SecretKey key, ReadOnlySpan<byte> label, in Id32 context)
    {
        Span<byte> bytes = stackalloc byte[Id32.Size];
        context.CopyTo(bytes);
        return SecretKey.Derive(key.Span, label, bytes);
    }

    /// <summary>X(key, label, first ‖ second).</summary>
    public static SecretKey Derive(SecretKey key, ReadOnlySpan<byte> label, in Id32 first, in Id32 second)
    {
        Span<byte> bytes = stackalloc byte[2 * Id32.Size];
        first.CopyTo(bytes);
        second.CopyTo(bytes[Id32.Size..]);
        return SecretKey.Derive(key.Span, label, bytes);
    }
}
