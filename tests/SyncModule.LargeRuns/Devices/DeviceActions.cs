using System.Globalization;
using System.Text;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;

namespace SyncModule.LargeRuns.Devices;

/// <summary>What a device may do to its items, of every kind: one random change at a time. What rules refuse is told by the typed errors of <see cref="Refusals"/>.</summary>
internal sealed class DeviceActions(Random random, Func<DeviceId> anyDevice)
{
    public static readonly string[] Collections = ["notes", "apps", "disks"];

    private static readonly string[] Keys = ["a", "b", "app", "app/x", "disk", "disk/size", "docs/1", "docs/2"];
    private static readonly string[] Prefixes = ["", "docs/", "app", "disk/", "disk"];
    private static readonly string[] Fields = ["/n", "/hits", "/deep", "/deep/x", "/deep/y", "/tags", "/url"];
    private static readonly string[] Policies = ["last-writer-wins", "first-writer-wins", "field-merge", "authority-wins", "server-wins", "client-wins", "manual", "owned"];
    private static readonly string[] Patterns = ["app*", "docs/*", "?", "disk/size"];

    /// <summary>What a rule or the state of an item refuses: no fault of anybody.</summary>
    public static readonly SyncErrorKind[] Refusals =
    [
        SyncErrors.NotOwner, SyncErrors.ItemExists, SyncErrors.ConflictWaits, SyncErrors.NotACounter, SyncErrors.NotASet, SyncErrors.NotStructured, SyncErrors.TooManyVersions,
        SyncErrors.ItemNotFound, SyncErrors.VersionNotFound, SyncErrors.PolicyInvalid, SyncErrors.NotAMember, SyncErrors.HistoryPruned,
    ];

    private int _values;

    /// <summary>One change, by weight. Its name; the change may have been refused by an exception.</summary>
    public string Act(Vault vault)
    {
        (int Weight, string Name, Action<Vault> Do)[] all =
        [
            (14, "put", v => v.Put(Collection(), Key(), Stream(Text()), overwrite: random.Next(3) == 0)),
            (8, "put object", v => v.PutObject(Collection(), Key(), Bytes(Object()), overwrite: random.Next(4) == 0)),
            (5, "put whole json", v => v.Put(Collection(), Key(), Stream(Object()), overwrite: random.Next(3) == 0)),
            (6, "delete", v => v.Delete(Collection(), [Key()])),
            (10, "patch", v => v.Patch(Collection(), Key(), Changes())),
            (8, "increment", v => v.Increment(Collection(), Key(), [new(Pick("/n", "/hits", "/deep/x"), random.Next(3) == 0 ? -7 : random.Next(1, 50))])),
            (3, "set counter", v => v.SetCounter(Collection(), Key(), Pick("/n", "/hits", "/deep"), random.Next(1000))),
            (8, "change set", ChangeSet),
            (2, "remove tree", v => v.RemoveTree(Collection(), Pick(Prefixes))),
            (8, "resolve", Resolve),
            (3, "restore", Restore),
            (2, "metadata", v => v.SetMetadata(Collection(), Key(), new Metadata().With("mode", random.Next(3)))),
            (4, "policy", SetPolicy),
            (3, "own", Own),
            (5, "transaction", v => Transaction(v, atomic: false)),
            (5, "atomic transaction", v => Transaction(v, atomic: true)),
        ];
        int at = random.Next(all.Sum(a => a.Weight));
        foreach (var (weight, name, act) in all)
        {
            if ((at -= weight) >= 0) continue;
            act(vault);
            return name;
        }

        return "";
    }

    private string Collection() => Pick(Collections);

    private string Key() => Pick(Keys);

    private string Text() => $"text {++_values}";

    private string Number() => (++_values).ToString(CultureInfo.InvariantCulture);

    private string Object()
    {
        var members = new List<string> { $"\"url\":\"u{Number()}\"" };
        if (random.Next(2) == 0) members.Add($"\"n\":{Number()}");
        if (random.Next(2) == 0) members.Add(random.Next(3) == 0 ? $"\"deep\":{Number()}" : $"\"deep\":{{\"x\":{Number()},\"y\":\"{new string('y', random.Next(80))}\"}}");
        if (random.Next(2) == 0) members.Add($"\"tags\":{Array()}");
        return "{" + string.Join(',', members) + "}";
    }

    private string Array() => "[" + string.Join(',', Enumerable.Range(0, 4).Where(_ => random.Next(2) == 0)) + "]";

    private Dictionary<string, ReadOnlyMemory<byte>?> Changes()
    {
        var changes = new Dictionary<string, ReadOnlyMemory<byte>?>(StringComparer.Ordinal);
        foreach (string path in Fields.Where(_ => random.Next(3) == 0).DefaultIfEmpty("/url"))
        {
            if (!changes.Keys.Any(c => StructuredWrites.AreNested(c, path))) changes[path] = random.Next(5) == 0 ? (ReadOnlyMemory<byte>?)null : Bytes(path == "/tags" ? Array() : Number());
        }

        return changes;
    }

    private void ChangeSet(Vault vault)
    {
        var (collection, key, path) = (Collection(), Key(), Pick("/tags", "/tags", "/deep", "/n"));
        var there = vault.Find(collection, key)?.Sets.FirstOrDefault(s => s.Path == path)?.Elements.Select(e => e.Bytes).Where(_ => random.Next(3) == 0).ToList() ?? [];
        ReadOnlyMemory<byte>[] added = random.Next(3) == 0 ? [] : [Bytes(random.Next(5).ToString(CultureInfo.InvariantCulture))];
        vault.ChangeSet(collection, key, path, added, [.. there.Where(t => added.Length == 0 || !t.Span.SequenceEqual(added[0].Span))]);
    }

    // Some open conflict, by a person who picks any of its versions.
    private void Resolve(Vault vault)
    {
        var open = vault.MergeRecords().Where(r => r.State == MergeState.Open && r.Key.Length > 0 && r.Path.Length == 0).ToList();
        if (open.Count == 0) return;
        var record = Pick(open.ToArray());
        if (Pick(record.Heads.ToArray()) is { Kind: not OperationKind.RemoveTree } version) vault.Resolve(record.Collection, record.Key, VersionId.Of(version.Dot));
    }

    private void Restore(Vault vault)
    {
        var (collection, key) = (Collection(), Key());
        var versions = vault.History(collection, key).Where(v => v.Alive && v.Kind == OperationKind.Put).ToArray();
        if (versions.Length > 0) vault.Restore(collection, key, Pick(versions).VersionId);
    }

    private void SetPolicy(Vault vault)
    {
        string policy = Pick(Policies);
        string? authority = policy is "authority-wins" or "server-wins" or "client-wins" ? anyDevice().ToString() : null;
        vault.SetPolicy(Collection(), random.Next(6) switch
        {
            0 => new() { Policy = policy, Authority = authority, Patterns = [Pick(Patterns)] },
            1 => new() { RemovedPatterns = [Pick(Patterns)] },
            2 => new() { Sets = ["/tags"], Plain = ["/hits"] },
            3 => new() { Counters = ["/hits"], Plain = ["/tags"] },
            _ => new() { Policy = policy, Authority = authority },
        });
    }

    private void Own(Vault vault) => vault.Own("disks", Pick("disk", "disk", "docs", "app"), random.Next(2) == 0 ? null : anyDevice());

    private void Transaction(Vault vault, bool atomic)
    {
        using var transaction = vault.Begin(atomic);
        for (int i = random.Next(2, 5); i > 0; i--)
        {
            if (random.Next(4) == 0) transaction.Delete(Collection(), Key());
            else transaction.Put(Collection(), Key(), Stream(Text()));
        }

        transaction.Commit();
    }

    private T Pick<T>(params T[] from) => from[random.Next(from.Length)];

    private static MemoryStream Stream(string text) => new(Encoding.UTF8.GetBytes(text));

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
