using System.Security.Cryptography;
using SyncModule.Core.Model;

namespace SyncModule.Core.Encoding;

/// <summary>H = SHA-256, always behind a label (format-1 §0).</summary>
public static class Digest
{
    /// <summary>H(label ‖ data).</summary>
    public static Id32 Of(ReadOnlySpan<byte> label, ReadOnlySpan<byte> data)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(label);
        hash.AppendData(data);
        Span<byte> digest = stackalloc byte[Id32.Size];
        hash.GetHashAndReset(digest);
        return new(digest);
    }
}
