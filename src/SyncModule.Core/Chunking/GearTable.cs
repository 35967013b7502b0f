using System.Buffers.Binary;
using System.Security.Cryptography;

namespace SyncModule.Core.Chunking;

/// <summary>
/// The 256 secret numbers of a vault's rolling hash. Without them the sizes of sealed chunks do not tell which public file they came
/// from, so the table is as secret as the key it is derived from.
/// </summary>
/// <remarks>
/// With K = X(ES of genesis, "cdc") (format-1 §1), T = HKDF-Expand-SHA-256(K, empty info, 2048). Entry b is the big-endian u64 in
/// T[8b..8b+8] with its top bit cleared. K serves nothing else, so no further label is needed.
/// The cleared bit gives every table the same behaviour on runs of one byte value b: there the hash is −G[b] mod 2^64 (see
/// <see cref="Chunker"/>), whose top bit is then set, so that a run never holds a cut, however unlucky the key.
/// </remarks>
public sealed class GearTable
{
    /// <summary>Length of the key in bytes.</summary>
    public const int KeySize = 32;

    private const int Count = 256;

    private readonly ulong[] _entries;

    private GearTable(ulong[] entries) => _entries = entries;

    /// <summary>The 256 entries, by byte value.</summary>
    internal ReadOnlySpan<ulong> Entries => _entries;

    /// <summary>Derives the table from X(ES of genesis, "cdc"), 32 bytes; another length is an <see cref="ArgumentException"/>.</summary>
    public static GearTable Derive(ReadOnlySpan<byte> key32)
    {
        if (key32.Length != KeySize) throw new ArgumentException("A chunking key has 32 bytes.", nameof(key32));
        Span<byte> stream = stackalloc byte[Count * sizeof(ulong)];
        HKDF.Expand(HashAlgorithmName.SHA256, key32, stream, []);
        var entries = new ulong[Count];
        for (int b = 0; b < Count; b++) entries[b] = BinaryPrimitives.ReadUInt64BigEndian(stream[(b * sizeof(ulong))..]) & (ulong)long.MaxValue;
        CryptographicOperations.ZeroMemory(stream);
        return new GearTable(entries);
    }
}
