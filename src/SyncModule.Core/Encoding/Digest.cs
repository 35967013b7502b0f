using System.Security.Cryptography;
using SyncModule.Core.Model;

namespace SyncModule.Core.Encoding;

/// <summary>H = SHA-256 over a label of <see cref="Labels"/> and what follows it (format-1 §0).</summary>
public static class Digest
{
    private const int StackLimit = 2048;

    /// <summary>H(data), without a label: an object's address and the inner hashes of §3 and §4.</summary>
    public static Id32 Hash(ReadOnlySpan<byte> data)
    {
        Span<byte> hash = stackalloc byte[Id32.Size];
        SHA256.HashData(data, hash);
        return new Id32(hash);
    }

    /// <summary>H(label ‖ data).</summary>
    public static Id32 HashOf(ReadOnlySpan<byte> label, ReadOnlySpan<byte> data) => HashOf(label, data, []);

    /// <summary>H(label ‖ first ‖ second). The caller sees to it that the border between the two is not open to choice.</summary>
    public static Id32 HashOf(ReadOnlySpan<byte> label, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        Span<byte> hash = stackalloc byte[Id32.Size];
        int length = label.Length + first.Length + second.Length;
        if (length <= StackLimit)
        {
            // Ids, signatures' messages, the block of a short value: one call without an object.
            Span<byte> joined = stackalloc byte[StackLimit];
            label.CopyTo(joined);
            first.CopyTo(joined[label.Length..]);
            second.CopyTo(joined[(label.Length + first.Length)..]);
            SHA256.HashData(joined[..length], hash);
        }
        else
        {
            using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            sha.AppendData(label);
            sha.AppendData(first);
            sha.AppendData(second);
            sha.GetHashAndReset(hash);
        }

        return new Id32(hash);
    }

    /// <summary>H(label ‖ id).</summary>
    public static Id32 HashOf(ReadOnlySpan<byte> label, in Id32 id)
    {
        Span<byte> bytes = stackalloc byte[Id32.Size];
        id.CopyTo(bytes);
        return HashOf(label, bytes, []);
    }
}
