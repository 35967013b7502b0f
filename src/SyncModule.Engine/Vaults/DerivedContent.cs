using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Items that were computed on this device, as rows of local.db that are sealed like its others; no state, digest, version, copy or message holds one
/// (docs/decisions/125). The content of a collection is a generation: its rows begin with the number, and one row says which number stands. So a new content is
/// written beside the old one, in as many transactions as it takes, and takes its place in one. Safe for many threads.
/// </summary>
internal sealed class DerivedContent(VaultContext vault)
{
    private const int RowsAtOnce = 4096;

    /// <summary>Of every row that is made of such an item.</summary>
    public IOriginNumbers Origins { get; } = new HereAlone(vault.Keys.Device.Device);

    /// <summary>What stands for a collection's content; null when there is none, or when it cannot be read: then it is to be made anew.</summary>
    public DerivedHead? HeadOf(string collection)
    {
        byte[] key = HeadKey(collection);
        return vault.Local.Get(LocalTables.DerivedHead, key) is { } row ? Decode(key, row) : null;
    }

    /// <summary>Another text whenever some content is another one, whichever process made it.</summary>
    public string Stamp()
    {
        using var look = vault.Local.Begin(write: false);
        // A row's first bytes are a MAC of all that it says.
        return string.Concat(look.Scan(LocalTables.DerivedHead).Select(r => Convert.ToHexString(r.Value.AsSpan(0, Math.Min(r.Value.Length, Id16.Size)))));
    }

    /// <summary>One item as it reads; null when there is none.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.LocalStateDamaged"/>.</exception>
    public KeyState? Find(string collection, string key)
    {
        using var look = vault.Local.Begin(write: false);
        byte[] headKey = HeadKey(collection);
        if (look.Get(LocalTables.DerivedHead, headKey) is not { } headRow || Decode(headKey, headRow) is not { } head) return null;
        var tag = vault.Keys.LocalTag(collection, key);
        byte[] row = RowKey(head.Generation, tag);
        if (look.Get(LocalTables.Derived, row) is not { } stored) return null;
        var (operation, origin) = Write(head, tag, Open(row, stored));
        return Folding.Apply(null, operation, origin);
    }

    /// <summary>Every item of a collection as the write that would have made it, in no order.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.LocalStateDamaged"/>: none is complete without the one that cannot be read.</exception>
    public void Visit(string collection, Action<Operation, OperationOrigin> take)
    {
        using var look = vault.Local.Begin(write: false);
        byte[] headKey = HeadKey(collection);
        if (look.Get(LocalTables.DerivedHead, headKey) is not { } headRow || Decode(headKey, headRow) is not { } head) return;
        byte[] first = RowKey(head.Generation, default);
        foreach (var (key, row) in look.Scan(LocalTables.Derived, first, IndexTables.PrefixEnd(first[..sizeof(uint)])))
        {
            var (operation, origin) = Write(head, new Id16(key.AsSpan(sizeof(uint))), Open(key, row));
            take(operation, origin);
        }
    }

    /// <summary>The bytes of a value that <see cref="Find"/> or <see cref="Visit"/> gave.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.ContentNotHere"/>: the content was made anew meanwhile.</exception>
    public ReadOnlyMemory<byte> BytesOf(Dot dot)
    {
        var (tag, generation) = LocalDots.Read(dot);
        byte[] key = RowKey(generation, tag);
        if (vault.Local.Get(LocalTables.Derived, key) is not { } row) throw SyncErrors.ContentNotHere.WithStep("The collection was computed anew meanwhile", "Read the item again.");
        return Open(key, row).Bytes;
    }

    /// <summary>A number that no content has. Under the lock of who makes one.</summary>
    public int NextGeneration()
    {
        using var look = vault.Local.Begin(write: false);
        var used = Heads(look).Select(h => h.Generation).ToHashSet();
        int next = used.DefaultIfEmpty(0).Max();
        do next = next % LocalDots.MostGenerations + 1;
        while (used.Contains(next));
        return next;
    }

    /// <summary>Removes rows that no content has: of one that was replaced, or never finished. Under the lock of who makes one.</summary>
    public void DropUnused()
    {
        while (true)
        {
            using var transaction = vault.Local.Begin(write: true);
            var used = Heads(transaction).Select(h => h.Generation).ToHashSet();
            var gone = Unused(transaction, used).Take(RowsAtOnce).ToList();
            foreach (byte[] key in gone) transaction.Delete(LocalTables.Derived, key);
            if (gone.Count == 0) return;
            transaction.Commit();
        }
    }

    /// <summary>Forgets a collection's content, in one transaction; its rows go with <see cref="DropUnused"/>.</summary>
    public void Forget(string collection)
    {
        using var transaction = vault.Local.Begin(write: true);
        byte[] key = HeadKey(collection);
        if (!transaction.Contains(LocalTables.DerivedHead, key)) return;
        transaction.Delete(LocalTables.DerivedHead, key);
        transaction.Commit();
    }

    public byte[] HeadKey(string collection) => vault.Keys.LocalTag(collection, "").ToArray();

    /// <summary>u32 generation ‖ tag 16.</summary>
    public static byte[] RowKey(int generation, Id16 tag)
    {
        var key = new byte[sizeof(uint) + Id16.Size];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(key, generation);
        tag.CopyTo(key.AsSpan(sizeof(uint)));
        return key;
    }

    // A head that cannot be read has no generation: its rows are not kept for it.
    private IEnumerable<DerivedHead> Heads(ITableTransaction transaction) => transaction.Scan(LocalTables.DerivedHead).Select(r => Decode(r.Key, r.Value)).OfType<DerivedHead>();

    private static IEnumerable<byte[]> Unused(ITableTransaction transaction, HashSet<int> used)
    {
        // From generation to generation: rows of those that stand are not read.
        byte[]? from = [];
        while (from is not null && transaction.Scan(LocalTables.Derived, from).Select(r => r.Key).FirstOrDefault() is { } first)
        {
            byte[] prefix = first[..Math.Min(first.Length, sizeof(uint))];
            byte[]? end = IndexTables.PrefixEnd(prefix);
            bool stands = prefix.Length == sizeof(uint) && used.Contains(System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(prefix));
            if (!stands)
            {
                foreach (var (key, _) in transaction.Scan(LocalTables.Derived, first, end)) yield return key;
            }

            from = end;
        }
    }

    private (Operation Operation, OperationOrigin Origin) Write(DerivedHead head, Id16 tag, DerivedItem item)
    {
        var dot = LocalDots.Derived(tag, head.Generation);
        return (item.ToOperation(head.Collection, dot), new(dot, head.Made, vault.Keys.Device.Device, default, 1));
    }

    private sealed class HereAlone(DeviceId device) : IOriginNumbers
    {
        public int NumberOf(DeviceId other, LogId log) => 1;

        public (DeviceId Device, LogId Log) OriginOf(int number) => (device, default);
    }

    private DerivedHead? Decode(byte[] key, byte[] row)
    {
        try
        {
            return DerivedHead.Decode(vault.LocalSealer.Open(LocalTables.DerivedHead, key, row));
        }
        catch (Exception e) when (e is VaultFormatException || (e is SyncException s && s.Kind == SyncErrors.LocalStateDamaged))
        {
            return null; // verify tells of it
        }
    }

    private DerivedItem Open(byte[] key, byte[] row)
    {
        try
        {
            return DerivedItem.Decode(vault.LocalSealer.Open(LocalTables.Derived, key, row));
        }
        catch (VaultFormatException e)
        {
            throw SyncErrors.LocalStateDamaged.With("A computed item cannot be read", e);
        }
    }
}
