using System.Globalization;
using System.Text;
using SyncModule.Core.Merging;
using SyncModule.Engine.Vaults;
using SyncModule.Simulation.Machines;

namespace SyncModule.Simulation;

/// <summary>
/// What programs do with fields, counters, sets and trees. On <see cref="Objects"/> everything meets everything; on <see cref="Tally"/> only
/// what leaves an end that is known exactly (<see cref="Checking.TallyCheck"/>).
/// </summary>
/// <param name="world">Whose random numbers and history.</param>
/// <param name="change">A change of one of these items by some process, perhaps with trouble on the way.</param>
internal sealed class PartActions(World world, Action<string, string[], Func<SimulatedProcess, string, CommitResult?>> change)
{
    public const string Collection = "items", Tally = "tally", Hits = "/hits", Tags = "/tags";

    private static readonly string[] Fields = ["/a", "/b", "/deep/x", "/deep/y"];

    // Each may be a field, a counter or a set.
    private static readonly string[] Mixed = ["/n", "/deep", "/set"];

    // Whole words: the tally is under none of them.
    private static readonly string[] Prefixes = ["key", "keya", "object", "objecta", "object/", "object/b", "none"];

    private int _numbers;

    public static string[] Objects { get; } = ["objecta", "object/b"];

    public IEnumerable<(int Weight, Action Act)> Weighted(Func<int, int> some) =>
    [
        (some(10), Count), (some(8), AddToTally), (some(4), TakeFromTally), (some(4), NoteInTally),
        (some(6), PutWhole), (some(8), PutObject), (some(8), Patch), (some(6), Increment), (some(4), SetCounter), (some(8), ChangeSet), (some(3), RemoveTree),
    ];

    private void Count() => Do("count", [Tally], (vault, key) =>
    {
        long delta = ++_numbers * (world.Random.OneIn(4) ? -1 : 1);
        world.History.Counted.Add(delta, null);
        var result = vault.Increment(Collection, key, [new(Hits, delta)]);
        world.History.Counted[delta] = result.Commits[0];
        return result;
    });

    private void AddToTally() => Do("add", [Tally], (vault, key) =>
    {
        string element = Number();
        world.History.Added.Add(element, null);
        var result = vault.ChangeSet(Collection, key, Tags, [Json(element)], []);
        world.History.Added[element] = result.Commits[0];
        return result;
    });

    private void TakeFromTally() => Do("take", [Tally], (vault, key) =>
    {
        if (vault.Find(Collection, key)?.Sets.FirstOrDefault(s => s.Path == Tags) is not { } set) return null;
        var element = world.Random.Pick(set.Elements).Bytes;
        world.History.Taken.Add(Encoding.UTF8.GetString(element.Span));
        return vault.ChangeSet(Collection, key, Tags, [], [element]);
    });

    private void NoteInTally() => Do("note", [Tally], (vault, key) => vault.Patch(Collection, key, Changes(key, Fields)));

    private void PutWhole() => Do("put whole", Objects, (vault, key) =>
    {
        string json = Object(key);
        Tried(key, json);
        return vault.Put(Collection, key, new MemoryStream(Encoding.UTF8.GetBytes(json)));
    });

    private void PutObject() => Do("put object", Objects, (vault, key) => vault.PutObject(Collection, key, Json(Object(key))));

    private void Patch() => Do("patch", Objects, (vault, key) => vault.Patch(Collection, key, Changes(key, [.. Fields, .. Mixed])));

    private void Increment() => Do("increment", Objects, (vault, key) =>
        vault.Increment(Collection, key, world.Random.OneIn(4) ? [new("/n", ++_numbers), new("/deep/x", -1)] : [new(world.Random.Pick(["/n", "/n", "/set"]), ++_numbers)]));

    private void SetCounter() => Do("set counter", Objects, (vault, key) => vault.SetCounter(Collection, key, world.Random.Pick(Mixed), world.Random.Next(100)));

    private void ChangeSet() => Do("change set", Objects, (vault, key) =>
    {
        string path = world.Random.Pick(["/set", "/set", "/deep", "/n"]);
        var there = vault.Find(Collection, key)?.Sets.FirstOrDefault(s => s.Path == path)?.Elements.Select(e => e.Bytes).Where(_ => world.Random.OneIn(3)).ToList() ?? [];
        // Few elements, so that devices add and remove the same ones.
        ReadOnlyMemory<byte>[] added = world.Random.OneIn(3) ? [] : [Json(world.Random.Next(4).ToString(CultureInfo.InvariantCulture))];
        return vault.ChangeSet(Collection, key, path, added, [.. there.Where(t => added.Length == 0 || !t.Span.SequenceEqual(added[0].Span))]);
    });

    private void RemoveTree() => Do("remove tree", Prefixes, (vault, prefix) => vault.RemoveTree(Collection, prefix));

    private void Do(string what, string[] keys, Func<Vault, string, CommitResult?> act) => change(what, keys, (process, key) =>
    {
        world.History.Parts++;
        try
        {
            return act(process.Vault, key);
        }
        catch (SyncException e) when (e.Kind == SyncErrors.NotACounter || e.Kind == SyncErrors.NotASet)
        {
            world.Scheduler.Trace($"{key} is told {e.ErrorId}"); // what stands there is something else
            return null;
        }
    });

    private Dictionary<string, ReadOnlyMemory<byte>?> Changes(string key, string[] paths)
    {
        var changes = new Dictionary<string, ReadOnlyMemory<byte>?>(StringComparer.Ordinal);
        foreach (string path in paths)
        {
            if (changes.Count > 0 && !world.Random.OneIn(3)) continue;
            if (changes.Keys.Any(c => StructuredWrites.AreNested(c, path))) continue;
            changes[path] = world.Random.OneIn(4) ? (ReadOnlyMemory<byte>?)null : Json(Tried(key, path == "/set" ? Array() : Number()));
        }

        return changes;
    }

    // {"a":1,"deep":{…},"n":7,"set":[1,3]} or a part of it.
    private string Object(string key)
    {
        var members = new List<string> { $"\"a\":{Tried(key, Number())}" };
        if (world.Random.OneIn(2)) members.Add($"\"b\":{Tried(key, $"\"{new string('b', world.Random.Next(100))}{Number()}\"")}");
        if (world.Random.OneIn(2)) members.Add(world.Random.OneIn(3) ? $"\"deep\":{Tried(key, Number())}" : $"\"deep\":{{\"x\":{Tried(key, Number())},\"y\":{Tried(key, Number())}}}");
        if (world.Random.OneIn(2)) members.Add($"\"n\":{Tried(key, Number())}");
        if (world.Random.OneIn(2)) members.Add($"\"set\":{Tried(key, Array())}");
        return "{" + string.Join(',', members) + "}";
    }

    private string Array() => "[" + string.Join(',', Enumerable.Range(0, 4).Where(_ => world.Random.OneIn(2))) + "]";

    private string Number() => (++_numbers).ToString(CultureInfo.InvariantCulture);

    private string Tried(string key, string json)
    {
        world.History.Attempt(key, Encoding.UTF8.GetBytes(json));
        return json;
    }

    private static ReadOnlyMemory<byte> Json(string text) => Encoding.UTF8.GetBytes(text);
}
