using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// How much is in a commit that cannot be split, and what may be: of each collection one block, which is one object where it does not fit beside the
/// commit (format-1 §3, docs/decisions/120). What would be too much is refused and leaves it as it was.
/// </summary>
internal sealed class CommitSize
{
    /// <summary>Operations of one collection.</summary>
    public const int MostOperations = Dot.BlockStride;

    /// <summary>Plain bytes of the operations of one collection.</summary>
    public const long MostBlockBytes = OperationList.MaxBytes;

    /// <summary>Plain bytes of all operations: every replica has a commit open as a whole when it folds it.</summary>
    public const long MostBytes = 64 << 20;

    public const int MostCollections = Dot.MaxBlocks;

    private readonly Dictionary<string, (int Operations, long Bytes)> _collections = new(StringComparer.Ordinal);

    /// <summary>Operations of all collections.</summary>
    public int Operations { get; private set; }

    /// <summary>Plain bytes of these, at most (<see cref="CommitBuilder.LargestSize"/>).</summary>
    public long Bytes { get; private set; }

    /// <summary>Counts operations of a collection in, or out where they are negative.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.TransactionTooLarge"/>, with <paramref name="of"/>, the item that is too much.</exception>
    public void Add(string collection, int operations, long bytes, string of)
    {
        string name = of.Length == 0 ? collection : of;
        var before = _collections.GetValueOrDefault(collection);
        var after = (Operations: before.Operations + operations, Bytes: before.Bytes + bytes);
        int collections = _collections.Count + (before.Operations == 0 && after.Operations > 0 ? 1 : 0);
        if (collections > MostCollections) throw TooLarge(name, $"changes in {collections} collections", $"{MostCollections}");
        if (after.Operations > MostOperations) throw TooLarge(name, $"{after.Operations} changes in the collection {collection}", $"{MostOperations} of each collection");
        if (after.Bytes > MostBlockBytes) throw TooLarge(name, $"{after.Bytes} bytes of changes in the collection {collection}", $"{MostBlockBytes} of each collection");
        if (Bytes + bytes > MostBytes) throw TooLarge(name, $"{Bytes + bytes} bytes of changes", $"{MostBytes}");
        if (after.Operations > 0) _collections[collection] = after;
        else _collections.Remove(collection);
        (Operations, Bytes) = (Operations + operations, Bytes + bytes);
    }

    private static SyncException TooLarge(string of, string it, string most) => SyncErrors.TransactionTooLarge.With($"With '{of}' it would have {it}; one commit takes {most}");
}
