using System.Collections;
using System.Security.Cryptography;
using SyncModule.Commands.Values;
using SyncModule.Commands.Vaults;
using SyncModule.Core.Merging;

namespace SyncModule.Commands.Items;

/// <summary>Writes values with their kind and metadata.</summary>
internal static class ItemWriter
{
    /// <summary>Stores a value; its bytes are zeroed. What was kept beside the old value stays where no metadata are given.</summary>
    public static void Put(OpenVault open, string collection, string name, EncodedValue encoded, IDictionary? metadata)
    {
        try
        {
            var kept = metadata is null ? Standing(open, collection, name)?.Metadata : null;
            var all = ItemMetadata.Of(encoded.Kind, metadata);
            if (kept is not null) ItemMetadata.CopyUser(kept, all);
            using var source = new MemoryStream(encoded.Bytes, writable: false);
            open.Vault.Put(collection, name, source, all);
        }
        finally
        {
            // Bytes that a script gave are the script's.
            if (encoded.Kind != ValueKind.Bytes) CryptographicOperations.ZeroMemory(encoded.Bytes);
        }
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
