using SyncModule.Commands.Values;
using SyncModule.Commands.Vaults;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Items;

/// <summary>Makes <see cref="SyncItem"/> objects.</summary>
internal static class ItemObjects
{
    private static readonly IReadOnlyDictionary<string, object> NoMetadata = new Dictionary<string, object>(StringComparer.Ordinal).AsReadOnly();

    public static SyncItem Of(OpenVault open, KeyState item)
    {
        var facts = ItemFacts.Of(open.View, item);
        return new()
        {
            Name = item.Key,
            Type = TypeOf(facts.Metadata, StructuredItem.IsStructured(item)),
            Length = facts.Bytes,
            Modified = facts.Modified.ToLocalTime(),
            Device = open.Vault.DeviceName(facts.Device),
            Version = facts.Version,
            Heads = facts.Versions,
            Here = facts.IsHere,
            Deleted = facts.Deleted,
            Waiting = facts.IsWaiting,
            Collection = item.Collection,
            Metadata = UserMetadata(facts.Metadata),
            Vault = open.Name,
        };
    }

    /// <param name="metadata">Of the version that stands.</param>
    /// <param name="hasFields">What says nothing of itself is an object then.</param>
    public static SyncItemType TypeOf(Metadata? metadata, bool hasFields = false) => metadata?.Text(Metadata.TypeKey) switch
    {
        "file" => SyncItemType.File,
        "link" => SyncItemType.Link,
        "dir" => SyncItemType.Folder,
        _ => metadata?.Text(ValueKind.MetadataKey) switch
        {
            ValueKind.Text => SyncItemType.Text,
            ValueKind.SecureString => SyncItemType.SecureString,
            ValueKind.Credential => SyncItemType.PSCredential,
            null or ValueKind.Bytes => hasFields ? SyncItemType.Object : SyncItemType.Bytes,
            _ => SyncItemType.Object,
        },
    };

    /// <summary>What a person gave beside the value, without the prefix that sets it apart.</summary>
    public static IReadOnlyDictionary<string, object> UserMetadata(Metadata? metadata)
    {
        if (metadata is null) return NoMetadata;
        Dictionary<string, object>? user = null;
        foreach (var (key, value) in metadata.Entries)
        {
            if (key.StartsWith(Metadata.UserPrefix, StringComparison.Ordinal)) (user ??= new(StringComparer.Ordinal))[key[Metadata.UserPrefix.Length..]] = value;
        }

        return user ?? NoMetadata;
    }
}
