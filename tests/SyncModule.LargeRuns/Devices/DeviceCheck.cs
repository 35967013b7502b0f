using System.Text;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Core.Tests.Merging;
using SyncModule.Engine.Vaults;
using SyncModule.LargeRuns.Hosts;

namespace SyncModule.LargeRuns.Devices;

/// <summary>What a device holds, against the naive model of the operations in its log: states, what shows, records, what does not count.</summary>
internal static class DeviceCheck
{
    /// <returns>How many operations were applied.</returns>
    /// <exception cref="Violation">Something differs.</exception>
    public static int AgainstModel(string who, Vault vault)
    {
        var written = Written(vault);
        var models = NaiveModel.OfEach(written, d => vault.Membership.Members.Any(m => m.Device == d && m.Certificate.Role == DeviceRole.Administrator));
        var items = vault.Items().ToDictionary(s => (s.Collection, s.Key));
        int there = 0;
        foreach (var (collection, model) in models)
        {
            byte[] nothing(string key) => new NaiveModel([]).State(collection, key);
            foreach (var (_, key) in model.Keys)
            {
                var state = key.Length == 0 ? vault.FindCollection(collection) : vault.Find(collection, key);
                items.Remove((collection, key));
                byte[] expected = model.State(collection, key), actual = state?.Folded.Encode() ?? nothing(key);
                if (!expected.AsSpan().SequenceEqual(actual)) throw new Violation($"{who}: the state of '{key}' in {collection} is {Convert.ToHexStringLower(actual)} and not {Convert.ToHexStringLower(expected)}");
                if (key.Length == 0) continue;
                var view = model.View(key);
                Same(who, collection, key, "waits", view.IsWaiting, state?.IsWaiting == true);
                Same(who, collection, key, "is there", view.IsThere, state?.IsAlive == true);
                if (!view.IsThere) continue;
                there++;
                if (!view.IsWaiting) Same(who, collection, key, "shows", view.IsObject ? view.Json(_ => []) : Shown(view.Whole), Encoding.UTF8.GetString([.. vault.ReadValue(vault.ValueOf(state!)).SelectMany(p => p)]));
            }
        }

        if (items.Count > 0) throw new Violation($"{who}: '{items.First().Key}' is of no operation that counts");
        if (vault.Status().Items is var counted && counted != there) throw new Violation($"{who}: {there} items are there and {counted} are counted");
        if (!NaiveModel.Encode(models.Values.SelectMany(m => m.RecordList())).AsSpan().SequenceEqual(MergeRecords.Encode(vault.MergeRecords()))) throw new Violation($"{who}: the merge records are not what the operations say");
        int refused = models.Values.Sum(m => m.Refused);
        if (vault.RefusedWrites().Count is var told && told != refused) throw new Violation($"{who}: {refused} writes do not count and {told} are told of");
        return written.Count;
    }

    /// <summary>False where the blocks of a commit were pruned, or never came: its operations are not here, so no model of them can be made.</summary>
    public static bool IsWhole(Vault vault) =>
        vault.CommitsBehind(Lane.Data, new VersionVector()).All(id => vault.FindCommit(id)!.Blocks.Count == Commit.Decode(vault.ReadBundle(id, withSmallObjects: false)!.Record).Header.Blocks.Count);

    /// <summary>Two devices that have met say the same.</summary>
    public static void Equal(string who, Vault one, Vault other)
    {
        if (!one.AppliedVector().SameAs(other.AppliedVector())) throw new Violation($"{who}: not the same is applied");
        var (a, b) = (one.Digest(), other.Digest());
        if (a != b) throw new Violation($"{who}: digests {a} and {b}");
        if (!MergeRecords.Encode(one.MergeRecords()).AsSpan().SequenceEqual(MergeRecords.Encode(other.MergeRecords()))) throw new Violation($"{who}: other merge records");
        if (one.Status().Items != other.Status().Items) throw new Violation($"{who}: {one.Status().Items} and {other.Status().Items} items");
        if (one.RefusedWrites().Count != other.RefusedWrites().Count) throw new Violation($"{who}: other writes count");
    }

    /// <summary>All operations that are applied, each with the past of its commit.</summary>
    private static List<WrittenOperation> Written(Vault vault)
    {
        var commits = vault.CommitsBehind(Lane.Data, new VersionVector()).Where(id => vault.FindCommit(id)!.State == CommitState.Applied).ToList();
        var numbers = commits.Select((id, i) => (id, i)).ToDictionary(c => c.id, c => c.i);
        var pasts = new Dictionary<CommitId, BitPast>();
        var written = new List<WrittenOperation>();
        foreach (var id in commits)
        {
            var header = Commit.Decode(vault.ReadBundle(id, withSmallObjects: false)!.Record).Header;
            var past = new BitPast(numbers);
            foreach (var parent in header.Dependencies.Append(header.Previous).Where(p => !p.IsZero))
            {
                if (!pasts.TryGetValue(parent, out var before)) throw new Violation("a commit was applied before what it depends on");
                past.UnionWith(before);
                past.Add(parent);
            }

            pasts[id] = past;
            written.AddRange(vault.OperationsOf(id).Select(o => new WrittenOperation(o.Operation, o.Origin, past) { Atomic = (header.Flags & CommitFlags.Atomic) != 0 }));
        }

        return written;
    }

    private static string Shown(ItemValue? value) => value is null ? "" : Encoding.UTF8.GetString(value.Inline.Span);

    private static void Same<T>(string who, string collection, string key, string what, T expected, T actual)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual)) throw new Violation($"{who}: '{key}' in {collection} {what}: {actual} and not {expected}");
    }
}
