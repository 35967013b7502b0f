using System.Security.Cryptography;
using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// The states that some of the applied commits alone make, a causally closed part of them: what lies at or below a floor (format-1 §8). One pass over
/// the log into tables of its own, whenever it is asked for, so that nothing of it has to be believed.
/// </summary>
internal sealed class FloorState
{
    /// <summary>Rows that are kept in memory before they go to the scratch tables.</summary>
    private const int RowsAtOnce = 100_000;

    private readonly ItemList _items;

    private FloorState(ItemList items) => _items = items;

    /// <summary>Collections of which something is known there, in ordinal order.</summary>
    public IReadOnlyList<string> Collections => [.. _items.Collections.Order(StringComparer.Ordinal)];

    /// <param name="vault">Its log and keys.</param>
    /// <param name="rows">Of the index.</param>
    /// <param name="applied">The vector that goes with them.</param>
    /// <param name="scratch">Of empty tables, open for writing.</param>
    /// <param name="start">States to begin with, where the operations that made them are not here any more; else empty.</param>
    /// <param name="holds">Whether an applied commit is folded on top of them.</param>
    public static FloorState Fold(VaultContext vault, RowAccess rows, VersionVector applied, RowAccess scratch, IEnumerable<KeyState> start, Func<CommitId, CommitRow, bool> holds)
    {
        var told = new CountedOperations(vault, rows, applied, holds);
        var ofCollections = new List<KeyState>();
        foreach (var state in start)
        {
            scratch.SetItem(vault.Keys.ItemTag(state.Collection, state.Key), state);
            if (state.Key.Length == 0) ofCollections.Add(state);
        }

        var collections = told.Collections(ofCollections);
        foreach (var (operation, origin) in told.All(collections))
        {
            if (operation.Detail is CheckpointDetail checkpoint) Drop(vault, scratch, operation.Collection, checkpoint);
            else One(vault, scratch, operation, origin);
            if (scratch.Pending >= RowsAtOnce) scratch.Flush(vault.MayUseThreads);
        }

        foreach (var state in collections.All) scratch.SetItem(vault.Keys.ItemTag(state.Collection, ""), state);
        scratch.Flush(vault.MayUseThreads);
        return new(new ItemList(scratch, vault.MayUseThreads));
    }

    /// <summary>What is known of a collection, in the order of its keys; that of the collection itself, with the key "", comes first.</summary>
    public IEnumerable<KeyState> Of(string collection) => _items.Of(collection, deleted: true).Where(s => s.Cells.Count > 0 || s.HasParts);

    public IEnumerable<KeyState> All => _items;

    /// <summary>MAC over the states of a collection of which anything but deletions is left, as the digest does it (format-1 §16).</summary>
    public Id32 HashOf(VaultKeys keys, string collection)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, keys.Genesis.Digest.Span);
        var writer = new CborWriter(4096);
        foreach (var state in Of(collection).Where(s => !s.IsOnlyDeleted))
        {
            state.Write(writer);
            mac.AppendData(writer.Written);
            writer.Clear();
        }

        Span<byte> hash = stackalloc byte[Id32.Size];
        mac.GetHashAndReset(hash);
        return new(hash);
    }

    private static void One(VaultContext vault, RowAccess scratch, Operation operation, OperationOrigin origin)
    {
        var tag = vault.Keys.ItemTag(operation.Collection, operation.Key);
        if (scratch.Item(tag) is not { } before && operation.TouchesItem) scratch.SetFirst(tag, operation, origin);
        else scratch.SetItem(tag, Folding.Apply(scratch.Item(tag), operation, origin));
    }

    private static void Drop(VaultContext vault, RowAccess scratch, string collection, CheckpointDetail checkpoint)
    {
        foreach (var dropped in checkpoint.Dropped)
        {
            var tag = vault.Keys.ItemTag(collection, dropped.Key);
            if (scratch.Item(tag) is not { } before || Dropping.Apply(before, dropped) is var after && ReferenceEquals(before, after)) continue;
            if (after is null) scratch.RemoveItem(tag);
            else scratch.SetItem(tag, after);
        }
    }
}
