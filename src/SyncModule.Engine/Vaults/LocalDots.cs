using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Dots of what no commit wrote: items that a transaction holds (the commit is all zeros) and items that were computed on this device (its first half is, the second
/// names the row). They stand in no log, index, digest or message; no hash begins with 128 zero bits.
/// </summary>
internal static class LocalDots
{
    /// <summary>Generations are numbered from 1 up to this; see <see cref="DerivedContent"/>.</summary>
    public const int MostGenerations = (Dot.MaxBlocks * Dot.BlockStride) - 1;

    public static Dot Derived(Id16 tag, int generation)
    {
        Span<byte> id = stackalloc byte[Id32.Size];
        id.Clear();
        tag.CopyTo(id[Id16.Size..]);
        return new(new CommitId(id), generation);
    }

    /// <summary>True for both kinds.</summary>
    public static bool Is(Dot dot)
    {
        Span<byte> id = stackalloc byte[Id32.Size];
        dot.Commit.CopyTo(id);
        return !id[..Id16.Size].ContainsAnyExcept((byte)0);
    }

    public static bool IsDerived(Dot dot) => !dot.Commit.IsZero && Is(dot);

    /// <summary>The tag and the generation of a computed item.</summary>
    public static (Id16 Tag, int Generation) Read(Dot dot)
    {
        Span<byte> id = stackalloc byte[Id32.Size];
        dot.Commit.CopyTo(id);
        return (new(id[Id16.Size..]), dot.Index);
    }
}
