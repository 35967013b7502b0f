using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Tests.Specifications;

/// <summary>Operations of one collection, each a commit of its own: "b2" is the second one of device b. Nothing is forked.</summary>
internal sealed class OwnerStory : ILogBranches
{
    private readonly List<(Operation Operation, OperationOrigin Origin)> _operations = [];

    public IReadOnlyList<(Operation Operation, OperationOrigin Origin)> Operations => _operations;

    /// <summary>Generations, trees and what else has no key; they all count.</summary>
    public KeyState Collection => Fold(_operations.Where(o => o.Operation is { Key: "", Kind: not OperationKind.Checkpoint }))!;

    public IEnumerable<(CommitId Commit, CommitId Previous)> Chain() => _operations.Select(o => o.Origin).Where(o => o.Sequence > 1).Select(o => (o.Dot.Commit, At($"{(char)o.Device.ToArray()[0]}{o.Sequence - 1}").Id));

    public Ownership Owners(List<DeviceId> administrators) =>
        Ownership.Of([.. Collection.Generations], [.. _operations.Select(o => (o.Operation.Detail as CheckpointDetail)?.FloorOf(o.Origin)).OfType<CheckpointFloor>().Order()], administrators.Contains, this);

    /// <summary>Items of the operations that count, as they show under the trees.</summary>
    public IEnumerable<KeyState> Shown(Ownership owners) =>
        _operations.Where(o => o.Operation.Key.Length > 0 && owners.Counts(o.Operation, o.Origin)).GroupBy(o => o.Operation.Key, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => Masking.Under(Collection.Trees, Fold(g)!, this, owners));

    public Dot Own(char device, int number, ulong time, string unit, char to, Dot? after = null, params string[] seen) =>
        Then(device, number, time, new("items", "", OperationKind.Own, [], null, false, null, [], null, null) { Detail = new OwnDetail(unit, ItemStory.Origin(to, 1, 0).Device, after, Vector(seen)) });

    public Dot Put(char device, int number, ulong time, string key, Dot? cites = null) => Then(device, number, time, ItemStory.Put($"{device}{number}") with { Key = key, Generation = cites });

    public void Tree(char device, int number, ulong time, string prefix, params string[] seen) =>
        Then(device, number, time, ItemStory.Tree(prefix) with { Detail = new TreeDetail(prefix, Vector(seen)) });

    public void Checkpoint(char device, int number, ulong time, bool withSnapshot, params string[] floor) => Then(device, number, time, ItemStory.Checkpoint([], null) with
    {
        Detail = new CheckpointDetail(Vector(floor), new(Fixed.Counting(9)), [], withSnapshot ? ItemStory.Value("") : null),
    });

    public bool IsBehind(LogId log, CommitId commit, Tip tip) => _operations.Exists(o => o.Origin.Dot.Commit == commit && o.Origin.Log == log && o.Origin.Sequence < tip.Sequence);

    private Dot Then(char device, int number, ulong time, Operation operation)
    {
        Assert.Equal(OperationStatus.Known, OperationList.Decode(OperationList.Encode([operation]))[0].Status);
        var origin = ItemStory.Origin(device, number, time);
        _operations.Add((operation, origin));
        return origin.Dot;
    }

    private static KeyState? Fold(IEnumerable<(Operation Operation, OperationOrigin Origin)> operations) => operations.Aggregate((KeyState?)null, (state, o) => Folding.Apply(state, o.Operation, o.Origin));

    private static VersionVector Vector(string[] seen)
    {
        var vector = new VersionVector();
        foreach (string name in seen) vector.Set(ItemStory.Origin(name[0], 1, 0).Log, At(name));
        return vector;
    }

    private static Tip At(string name)
    {
        var origin = ItemStory.Origin(name[0], name[1] - '0', 0);
        return new(origin.Sequence, origin.Dot.Commit);
    }
}
