using SyncModule.Commands.Values;
using SyncModule.Commands.Vaults;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Items;

/// <summary>Makes <see cref="SyncItem"/> objects of one vault, as it calls its devices now. One thread at a time.</summary>
internal sealed class ItemObjects(OpenVault open)
{
    private (DeviceId Id, string? Name) _device;

    private static readonly IReadOnlyDictionary<string, object> NoMetadata = new Dictionary<string, object>(StringComparer.Ordinal).AsReadOnly();

    public static SyncItem Of(OpenVault open, KeyState item) => new ItemObjects(open).Of(item);

    public SyncItem Of(KeyState item)
    {
        var facts = ItemFacts.Of(open.View, item);
        // Whoever lists many finds the same few devices again and again.
        if (_device.Name is null || _device.Id != facts.Device) _device = (facts.Device, open.Vault.DeviceName(facts.Device));
        return new()
        {
            Name = item.Key,
            Type = TypeOf(facts.Metadata, StructuredItem.IsStructured(item)),
            Length = facts.Bytes,
            Modified = facts.Modified.ToLocalTime(),
            Device = _device.Name!,
            LateVersion = new VersionOf(facts.Dot),
            Heads = facts.Versions,
            Here = facts.IsHere,
            Deleted = facts.Deleted,
            Waiting = facts.IsWaiting,
            Derived = facts.IsDerived,
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

    private sealed class VersionOf(Dot? dot) : LateText
    {
        public override string Make() => dot is { } known ? VersionId.Of(known) : "";
    }
}
