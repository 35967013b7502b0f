using SyncModule.Core.Encoding;

namespace SyncModule.Core.Model;

/// <summary>The short name of one version of an item, for people: first 16 hex of H(L("version") ‖ dot) (format-1 §4).</summary>
public static class VersionId
{
    /// <summary>Hex digits of a version id.</summary>
    public const int Length = 16;

    /// <summary>16 lower-case hex digits. It says nothing about the commit it came from, so it may be pasted anywhere.</summary>
    public static string Of(Dot dot)
    {
        var writer = new CborWriter(48);
        dot.Write(writer);
        Span<byte> hash = stackalloc byte[Id32.Size];
        Digest.HashOf(Labels.Version, writer.Written).CopyTo(hash);
        return Convert.ToHexStringLower(hash[..(Length / 2)]);
    }
}
