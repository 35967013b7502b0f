using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Storage.Tables;

/// <summary>
/// Seals one row's value so that the files of index and local state show no name, path, address or reference (format-1 §12),
/// with the construction of format-1 §3: siv = HMAC(sivKey, u32 len AAD ‖ AAD ‖ body), key = HMAC(keyKey, siv),
/// sealed = AES-256-GCM(key, nonce 0^12, AAD ‖ siv, body), AAD = table u8 ‖ row key. Row = siv 32 ‖ ciphertext ‖ tag 16, no padding.
/// A key is derived from everything it encrypts and authenticates, so the fixed nonce never meets two messages. Safe for several threads.
/// </summary>
public sealed class RowSealer : IDisposable
{
    /// <summary>How much longer a sealed row is than its body, in bytes.</summary>
    public const int Overhead = SivSize + TagSize;

    private const int TagSize = 16, KeySize = 32;
    private const int StackLimit = 1024;
    private readonly byte[] _sivKey, _keyKey;
    private readonly HmacLanes _sivs, _keys;
    private readonly SyncErrorKind _damage;
    private volatile bool _disposed;

    /// <param name="sivKey">32 bytes.</param>
    /// <param name="keyKey">32 bytes, not the same as <paramref name="sivKey"/>.</param>
    /// <param name="damage">The kind of error for a row that does not open: IndexDamaged or LocalStateDamaged.</param>
    public RowSealer(ReadOnlySpan<byte> sivKey, ReadOnlySpan<byte> keyKey, SyncErrorKind damage)
    {
        if (sivKey.Length != KeySize || keyKey.Length != KeySize) throw new ArgumentException("The keys of a row sealer have 32 bytes.", nameof(sivKey));
        _sivKey = sivKey.ToArray();
        _keyKey = keyKey.ToArray();
        _sivs = new HmacLanes(sivKey);
        _keys = new HmacLanes(keyKey);
        _damage = damage;
    }

    /// <summary>siv ‖ ciphertext ‖ tag. The same row sealed again gives the same bytes.</summary>
    public byte[] Seal(byte table, ReadOnlySpan<byte> rowKey, ReadOnlySpan<byte> body)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var row = new byte[checked(body.Length + Overhead)];
        Span<byte> siv = row.AsSpan(0, SivSize);

        // One buffer serves both hashes: u32 len ‖ AAD ‖ body for the siv, and AAD ‖ siv (in the body's place) for the AEAD.
        int aad = 1 + rowKey.Length;
        int size = checked(4 + aad + Math.Max(body.Length, SivSize));
        byte[]? rented = size > StackLimit ? ArrayPool<byte>.Shared.Rent(size) : null;
        Span<byte> buffer = rented is null ? stackalloc byte[StackLimit] : rented;
        try
        {
            Span<byte> rest = WriteAad(buffer, table, rowKey);
            body.CopyTo(rest);
            HMACSHA256.HashData(_sivKey, buffer[..(4 + aad + body.Length)], siv);
            CryptographicOperations.ZeroMemory(rest[..body.Length]);
            siv.CopyTo(rest);
            Span<byte> key = stackalloc byte[KeySize];
            HMACSHA256.HashData(_keyKey, siv, key);
            Gcm.Seal(key, buffer.Slice(4, aad + SivSize), body, row.AsSpan(SivSize));
            CryptographicOperations.ZeroMemory(key);
            return row;
        }
        finally
        {
            if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>The body of a row that was sealed for this table and key.</summary>
    /// <exception cref="SyncException">The kind given to the constructor: changed, cut, moved from another row, or sealed under another key.</exception>
    public byte[] Open(byte table, ReadOnlySpan<byte> rowKey, ReadOnlySpan<byte> row)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (row.Length < Overhead) throw _damage.With("A row is shorter than its seal");
        ReadOnlySpan<byte> siv = row[..SivSize];
        var body = new byte[row.Length - Overhead];
        int size = checked(4 + 1 + rowKey.Length + SivSize);
        Span<byte> buffer = size > StackLimit ? new byte[size] : stackalloc byte[StackLimit];
        siv.CopyTo(WriteAad(buffer, table, rowKey));
        Span<byte> key = stackalloc byte[KeySize];
        HMACSHA256.HashData(_keyKey, siv, key);

        // The tag covers AAD and siv under a key that only a holder of keyKey can derive; hashing the body again would prove nothing more.
        bool opened = Gcm.TryOpen(key, buffer[4..size], row[SivSize..], body);
        CryptographicOperations.ZeroMemory(key);
        return opened ? body : throw Damaged();
    }

    /// <summary>For many rows at a time.</summary>
    internal HmacLanes Sivs => _sivs;

    /// <inheritdoc cref="Sivs"/>
    internal HmacLanes Keys => _keys;

    internal SyncException Damaged() => _damage.With("A row does not open under its table and key");

    /// <summary>Bytes in front of a row's ciphertext.</summary>
    internal const int SivSize = 32;

    // u32 len ‖ table ‖ row key; returns what follows.
    internal static Span<byte> WriteAad(Span<byte> buffer, byte table, ReadOnlySpan<byte> rowKey)
    {
        BinaryPrimitives.WriteInt32BigEndian(buffer, 1 + rowKey.Length);
        buffer[4] = table;
        rowKey.CopyTo(buffer[5..]);
        return buffer[(5 + rowKey.Length)..];
    }

    /// <summary>Wipes the keys; nothing may be sealed or opened any more.</summary>
    public void Dispose()
    {
        _disposed = true; // first: nothing may be sealed under keys of zeros
        CryptographicOperations.ZeroMemory(_sivKey);
        CryptographicOperations.ZeroMemory(_keyKey);
        _sivs.Dispose();
        _keys.Dispose();
    }
}
