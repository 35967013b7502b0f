using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace SyncModule.Engine.Tests.Library;

/// <summary>
/// Ids of records that every device makes by itself and that shall be one: UUID version 5 (RFC 9562 §5.5), SHA-1 of a namespace and a name. Devices that never met
/// give the same record the same key, so it is one item with equal versions and no conflict.
/// </summary>
internal static class DeterministicId
{
    /// <summary>Of system tags.</summary>
    public static readonly Guid Tags = new("6ba7b810-9dad-11d1-80b4-00c04fd430c8");

    /// <summary>Of system albums.</summary>
    public static readonly Guid Albums = new("6ba7b811-9dad-11d1-80b4-00c04fd430c8");

    /// <summary>Ten tags that every library has.</summary>
    public static readonly string[] SystemTags = ["system", "favorite", "important", "archived", "hidden", "todo", "shared", "private", "broken", "duplicate"];

    [SuppressMessage("Security", "CA5350", Justification = "Version 5 is defined over SHA-1; nothing relies on it being hard to invert or collide.")]
    public static Guid Of(Guid space, string name)
    {
        byte[] hash = SHA1.HashData([.. space.ToByteArray(bigEndian: true), .. Encoding.UTF8.GetBytes(name)]);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x50);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new(hash.AsSpan(0, 16), bigEndian: true);
    }
}
