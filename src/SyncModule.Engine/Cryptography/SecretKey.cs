using System.Security.Cryptography;

namespace SyncModule.Engine.Cryptography;

/// <summary>
/// 32 secret bytes in memory that the collector does not move (no forgotten copies), zeroed by <see cref="Dispose"/>. It has no
/// text form and no value equality; compare spans in fixed time.
/// </summary>
public sealed class SecretKey : IDisposable
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 32;

    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(Size, pinned: true);
    private bool _disposed;

    /// <summary>Copies exactly 32 bytes.</summary>
    public SecretKey(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size) throw new ArgumentException("A key has 32 bytes.", nameof(bytes));
        bytes.CopyTo(_bytes);
    }

    /// <summary>Draws a key from a random source.</summary>
    public SecretKey(IRandomSource random) => random.Fill(_bytes);


    private SecretKey()
    {
    }

    /// <summary>The bytes; valid until <see cref="Dispose"/>.</summary>
    public ReadOnlySpan<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _bytes;
        }
    }

    /// <summary>X(key, label, context) = HKDF-Expand-SHA-256(key, label ‖ context, 32), format-1 §0.</summary>
    internal static SecretKey Derive(ReadOnlySpan<byte> key, ReadOnlySpan<byte> label, ReadOnlySpan<byte> context)
    {
        var derived = new SecretKey();
        KeySchedule.Derive(key, label, context, derived._bytes);
        return derived;
    }

    /// <summary>HKDF-Extract-SHA-256(salt, input).</summary>
    internal static SecretKey Extract(ReadOnlySpan<byte> input, ReadOnlySpan<byte> salt)
    {
        var extracted = new SecretKey();
        HKDF.Extract(HashAlgorithmName.SHA256, input, salt, extracted._bytes);
        return extracted;
    }

    public SecretKey Clone() => new(Span);

    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_bytes);
    }

    /// <summary>Says nothing about the bytes.</summary>
    public override string ToString() => "SecretKey";
}
