using System.Text;
using System.Text.Json.Nodes;
using SyncModule.Core.Merging;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Library;

/// <summary>A reference to a record that is not there.</summary>
internal sealed record Orphan(string Kind, string Key, string Missing);

/// <summary>
/// A library of files as an application would keep it in a vault: devices, volumes, locations and entries are owned by the device that has them, tags,
/// albums and what people say of an entry are everybody's. Records have UUIDs as keys and name each other by them; an entry stands under its
/// location, so that both have one owner. References are checked when they are read: nothing is held up, and nothing lost, where a record comes before the one it names.
/// </summary>
internal sealed class SampleLibrary(Vault vault)
{
    public Vault Vault => vault;

    /// <summary>Says once how the collections are written and merged, and makes the records that every library has.</summary>
    public void Begin()
    {
        foreach (string owned in (string[])["devices", "volumes", "locations"]) vault.SetPolicy(owned, new() { Policy = "owned" });
        vault.SetPolicy("metadata", new() { Policy = "field-merge", Sets = ["/tags"], Counters = ["/opened"] });
        vault.SetPolicy("albums", new() { Policy = "field-merge", Sets = ["/entries"] });
        MakeSystemRecords();
    }

    /// <summary>Any device may do so at any time: the keys are the same everywhere.</summary>
    public void MakeSystemRecords()
    {
        using var transaction = vault.Begin();
        foreach (string name in DeterministicId.SystemTags) transaction.PutObject("tags", DeterministicId.Of(DeterministicId.Tags, name).ToString(), Json(new JsonObject { ["name"] = name, ["system"] = true }));
        transaction.PutObject("albums", DeterministicId.Of(DeterministicId.Albums, "favorites").ToString(), Json(new JsonObject { ["name"] = "Favorites" }));
        transaction.Commit();
    }

    /// <summary>A device with a volume and a location on it, in one commit.</summary>
    public void AddLocation(Guid device, Guid volume, Guid location, string path)
    {
        using var transaction = vault.Begin(atomic: true);
        transaction.PutObject("devices", device.ToString(), Json(new JsonObject { ["name"] = vault.DeviceName(vault.Device) }));
        transaction.PutObject("volumes", volume.ToString(), Json(new JsonObject { ["device"] = device.ToString(), ["bytes"] = 1_000_000 }));
        transaction.PutObject("locations", location.ToString(), Json(new JsonObject { ["volume"] = volume.ToString(), ["path"] = path }));
        transaction.Commit();
    }

    /// <summary>What an indexer finds, many in one commit.</summary>
    public void AddEntries(Guid location, IEnumerable<(Guid Id, string Name)> entries)
    {
        using var transaction = vault.Begin();
        foreach (var (id, name) in entries) transaction.PutObject("locations", $"{location}/{id}", Json(new JsonObject { ["name"] = name }));
        transaction.Commit();
    }

    public void Describe(Guid location, Guid entry, string note) => vault.PutObject("metadata", entry.ToString(), Json(new JsonObject { ["entry"] = $"{location}/{entry}", ["note"] = note }));

    public void Tag(Guid entry, params Guid[] tags) => vault.ChangeSet("metadata", entry.ToString(), "/tags", Ids(tags), []);

    public void Untag(Guid entry, params Guid[] tags) => vault.ChangeSet("metadata", entry.ToString(), "/tags", [], Ids(tags));

    public void Opened(Guid entry) => vault.Increment("metadata", entry.ToString(), [new("/opened", 1)]);

    public void AddToAlbum(Guid album, params string[] entries) => vault.ChangeSet("albums", album.ToString(), "/entries", [.. entries.Select(e => (ReadOnlyMemory<byte>)StructuredItem.TextLeaf(e))], []);

    /// <summary>One small change, whatever stands in the location.</summary>
    public void HandOver(Guid location, DeviceId to) => vault.Own("locations", location.ToString(), to);

    /// <summary>The location and all of its entries, in one operation.</summary>
    public int RemoveLocation(Guid location)
    {
        using var transaction = vault.Begin();
        int gone = transaction.DeleteTree("locations", location.ToString());
        transaction.Commit();
        return gone;
    }

    /// <summary>A record's fields; null where it is not there.</summary>
    public JsonObject? Read(string collection, string key) =>
        vault.Find(collection, key) is { IsAlive: true } item ? (JsonObject)JsonNode.Parse(Vault.Whole(vault, vault.ValueOf(item)).Span)! : null;

    /// <summary>All references that lead nowhere. Each kind is read once, kinds that are named first: no look-up for a single reference.</summary>
    public IReadOnlyList<Orphan> Orphans()
    {
        var known = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        var orphans = new List<Orphan>();
        foreach (string kind in LibraryModels.InOrder(LibraryModels.All))
        {
            var records = Records(kind).ToList();
            known[kind] = records.Select(r => r.Key).ToHashSet(StringComparer.Ordinal);
            foreach (var (key, fields) in records) orphans.AddRange(ReferencesOf(kind, key, fields).Where(r => !known[r.Kind].Contains(r.Key)).Select(r => new Orphan(kind, key, r.Key)));
        }

        return orphans;
    }

    private IEnumerable<(string Key, JsonObject Fields)> Records(string kind)
    {
        bool entries = kind == "entries";
        string collection = entries ? "locations" : kind;
        foreach (var item in vault.ItemsOf(collection, fits: k => kind is not ("entries" or "locations") || k.Contains('/', StringComparison.Ordinal) == entries)) yield return (item.Key, Read(collection, item.Key)!);
    }

    private static IEnumerable<(string Kind, string Key)> ReferencesOf(string kind, string key, JsonObject fields)
    {
        switch (kind)
        {
            case "volumes":
                yield return ("devices", (string)fields["device"]!);
                break;
            case "locations":
                yield return ("volumes", (string)fields["volume"]!);
                break;
            case "entries":
                yield return ("locations", key[..key.IndexOf('/', StringComparison.Ordinal)]);
                break;
            case "albums":
                foreach (var entry in fields["entries"] as JsonArray ?? []) yield return ("entries", (string)entry!);
                break;
            case "metadata":
                yield return ("entries", (string)fields["entry"]!);
                foreach (var tag in fields["tags"] as JsonArray ?? []) yield return ("tags", (string)tag!);
                break;
        }
    }

    private static ReadOnlyMemory<byte> Json(JsonObject fields) => Encoding.UTF8.GetBytes(fields.ToJsonString());

    private static IReadOnlyList<ReadOnlyMemory<byte>> Ids(Guid[] ids) => [.. ids.Select(id => (ReadOnlyMemory<byte>)StructuredItem.TextLeaf(id.ToString()))];
}
