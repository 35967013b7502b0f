using System.Collections;
using System.Security.Cryptography;
using SyncModule.Commands.Values;
using SyncModule.Commands.Vaults;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Items;

/// <summary>Writes values with their kind and metadata.</summary>
internal static class ItemWriter
{
    /// <summary>Stores a value; its bytes are zeroed. What was kept beside the old value stays where no metadata are given.</summary>
    public static void Put(OpenVault open, string collection, string name, EncodedValue encoded, IDictionary? metadata)
    {
        try
        {
            var given = Given(encoded, metadata);
            if (open.Transaction is { } transaction) transaction.Put(collection, ValueOf(name, encoded, given));
            else open.Vault.PutMany(collection, [ValueOf(name, encoded, given)]);
        }
        finally
        {
            Forget(encoded);
        }
    }

    /// <summary>What was given beside a value; null when nothing was.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.UsageWrong"/>.</exception>
    public static Metadata? Given(EncodedValue encoded, IDictionary? metadata) => metadata is null ? null : ItemMetadata.Of(encoded.Kind, metadata);

    /// <summary>A value to store, with what was given beside it, else with what stands beside the old one when it is stored.</summary>
    public static PutValue ValueOf(string name, EncodedValue encoded, Metadata? given) => new(name, encoded.Bytes) { MetadataOf = state => MetadataOf(encoded, given, state) };

    private static Metadata MetadataOf(EncodedValue encoded, Metadata? given, KeyState? state)
    {
        if (given is not null) return given;
        var all = ItemMetadata.Of(encoded.Kind, entries: null);
        if (state is not null && View.Of(state) is { Status: ItemStatus.Item, Winner.Metadata: { } kept }) ItemMetadata.CopyUser(kept, all);
        return all;
    }

    /// <summary>Zeroes the bytes; those that a script gave are the script's.</summary>
    public static void Forget(EncodedValue encoded)
    {
        if (encoded.Kind != ValueKind.Bytes) CryptographicOperations.ZeroMemory(encoded.Bytes);
    }

    /// <summary>Other metadata for the same value.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.ItemNotFound"/>.</exception>
    public static void SetMetadata(OpenVault open, string collection, string name, IDictionary metadata)
    {
        var head = Standing(open, collection, name) ?? throw SyncErrors.ItemNotFound.With($"There is no item '{name}'");
        var all = ItemMetadata.Of(head.Metadata?.Text(ValueKind.MetadataKey) ?? ValueKind.Bytes, metadata);
        if (head.Metadata is { } old) ItemMetadata.CopyOthers(old, all);
        open.Vault.SetMetadata(collection, name, all);
    }

    private static Head? Standing(OpenVault open, string collection, string name) =>
        open.Vault.Find(collection, name) is { } item && View.Of(item) is { Status: ItemStatus.Item, Winner: { } head } ? head : null;
}
