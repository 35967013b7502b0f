using System.Collections;
using System.Security.Cryptography;
using SyncModule.Commands.Values;
using SyncModule.Commands.Vaults;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Items;

/// <summary>How a value is to be written: field by field, over what a policy would keep.</summary>
internal readonly record struct WriteWish(bool Fields, bool Overwrite);

/// <summary>Writes values with their kind and metadata.</summary>
internal static class ItemWriter
{
    /// <summary>Stores a value; its bytes are zeroed. What was kept beside the old value stays where no metadata are given.</summary>
    public static void Put(OpenVault open, string collection, string name, EncodedValue encoded, IDictionary? metadata, WriteWish wish = default)
    {
        try
        {
            var given = Given(encoded, metadata);
            bool byField = IsByField(() => open.Transaction?.PolicyOf(collection) ?? open.Vault.PolicyOf(collection), name, encoded, wish);
            if (byField && open.Transaction is { } fields) fields.PutObject(collection, name, encoded.Bytes, state => MetadataOf(encoded, given, state), wish.Overwrite);
            else if (byField) open.Vault.PutObject(collection, name, encoded.Bytes, state => MetadataOf(encoded, given, state), wish.Overwrite);
            else if (open.Transaction is { } transaction) transaction.Put(collection, ValueOf(name, encoded, given, wish.Overwrite));
            else open.Vault.PutMany(collection, [ValueOf(name, encoded, given, wish.Overwrite)]);
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
    public static PutValue ValueOf(string name, EncodedValue encoded, Metadata? given, bool overwrite = false) =>
        new(name, encoded.Bytes) { MetadataOf = state => MetadataOf(encoded, given, state), Overwrite = overwrite };

    /// <summary>
    /// Whether an object is stored field by field: where it is asked for, or the policy says so and nothing of it is lost: the order of an
    /// ordered table is none that fields have.
    /// </summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.NotStructured"/>: it was asked for, and the value has no fields.</exception>
    public static bool IsByField(Func<CollectionPolicy> policy, string name, EncodedValue encoded, WriteWish wish)
    {
        if (wish.Fields) return encoded.Kind is ValueKind.Map or ValueKind.Object or ValueKind.Ordered ? true : throw SyncErrors.NotStructured.With($"The value for '{name}' has no fields that JSON could carry");
        return encoded.Kind is ValueKind.Map or ValueKind.Object && policy().WritesFields(name);
    }

    private static Metadata MetadataOf(EncodedValue encoded, Metadata? given, KeyState? state)
    {
        if (given is not null) return given;
        var all = ItemMetadata.Of(encoded.Kind, entries: null);
        if (state is not null && View.Of(state) is { Status: not ItemStatus.Deleted, Winner.Metadata: { } kept }) ItemMetadata.CopyUser(kept, all);
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
        open.Vault.Find(collection, name) is { } item && View.Of(item) is { Status: not ItemStatus.Deleted, Winner: { } head } ? head : null;
}
