using System.Text;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Buffers;
using SyncModule.Engine.Files;

namespace SyncModule.Engine.Vaults;

/// <summary>What imports and exports of folders need beyond single items.</summary>
public sealed partial class Vault
{
    internal VaultFolderCheck OwnFolder => new(_cookie);

    internal ImportSealer NewImportSealer(Action<SealedBatch> output, Func<Block> block) => new(_context.Keys, _context.CurrentEpoch, new DedupMap(this), output, block);

    internal ImportObjects NewImportObjects(Func<long> expectedBytes) => new(_context, this, Feed, expectedBytes);

    /// <summary>The keys of a collection that start with <paramref name="start"/>, deleted ones included, in the order of their UTF-8 bytes.</summary>
    internal IReadOnlyList<string> KeysOf(string collection, string start) => Read(rows =>
    {
        // Names only: values of a whole vault need not fit into memory.
        var keys = new List<string>();
        byte[] wanted = Encoding.UTF8.GetBytes(collection), begin = Encoding.UTF8.GetBytes(start);
        rows.VisitItems(row =>
        {
            if (StateRows.Names(row, out var key).SequenceEqual(wanted) && !key.IsEmpty && key.StartsWith(begin)) keys.Add(Encoding.UTF8.GetString(key));
        }, _context.MayUseThreads);

        keys.Sort(ItemName.CompareUtf8);
        return (IReadOnlyList<string>)keys;
    });

    /// <summary>The states of some items of a collection, in the order asked; null for one that was never written.</summary>
    internal IReadOnlyList<KeyState?> FindAll(string collection, IReadOnlyList<string> keys) =>
        Read(rows => (IReadOnlyList<KeyState?>)[.. keys.Select(k => Find(rows, collection, k))]);

    /// <summary>
    /// Values of states with their bytes where these stand in operations, in the order asked: one look into the index for all. A value that
    /// cannot be read comes back as it is, and who reads it alone is told why.
    /// </summary>
    internal IReadOnlyList<ItemValue?> Attached(IReadOnlyList<ItemValue?> values) => Read(rows =>
    {
        var attached = new ItemValue?[values.Count];
        for (int i = 0; i < attached.Length; i++)
        {
            try
            {
                attached[i] = values[i] is { IsDetached: true } detached ? _context.Attach(rows, detached) : values[i];
            }
            catch (SyncException e) when (e.Kind != SyncErrors.IndexDamaged)
            {
                attached[i] = values[i];
            }
        }

        return (IReadOnlyList<ItemValue?>)attached;
    });

    /// <summary>The operations behind every kept version of an item, newest first; none when it was never written.</summary>
    internal IReadOnlyList<(Dot Dot, Operation Operation)> VersionOperations(string collection, string key) => Read(rows =>
    {
        if (rows.Item(_context.Keys.ItemTag(collection, key)) is not { } state) return (IReadOnlyList<(Dot, Operation)>)[];
        var dots = VersionsOf(rows, state).Select(v => v.Dot).ToList();
        return [.. _context.Operations(rows, dots).Select(o => (o.Origin.Dot, o.Operation))];
    });
}
