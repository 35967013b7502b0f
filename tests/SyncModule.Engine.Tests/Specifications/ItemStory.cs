using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Tests.Specifications;

/// <summary>
/// One item's operations as examples tell them: device and commit are a letter ("a" is the smaller device), so that who wins can be
/// seen. Everything about an operation stands in its dot, origin and bytes.
/// </summary>
internal sealed class ItemStory
{
    private readonly List<(Operation Operation, OperationOrigin Origin)> _operations = [];

    public IReadOnlyList<(Operation Operation, OperationOrigin Origin)> Operations => _operations;

    /// <summary>Operations of the item, and those of its collection.</summary>
    public IEnumerable<(Operation Operation, OperationOrigin Origin)> Of(bool collection) => _operations.Where(o => o.Operation.Key.Length == 0 == collection);

    public KeyState State { get; private set; } = null!;

    /// <summary>Trees and policies; null when nothing was said of the collection.</summary>
    public KeyState? Collection { get; private set; }

    /// <summary>The state under the trees of its collection.</summary>
    public KeyState Shown => Masking.Under(Collection?.Trees ?? [], State, new Chains(Chain()));

    /// <summary>Each commit with the one before it in its log.</summary>
    public IReadOnlyList<(CommitId Commit, CommitId Previous)> Chain() =>
        [.. _operations.Select(o => o.Origin).Where(o => o.Sequence > 1).Select(o => (o.Dot.Commit, PreviousOf(o))).Distinct()];

    public static OperationOrigin Origin(char device, int number, ulong time)
    {
        var id = new CommitId([(byte)device, (byte)number, .. Fixed.Counting(0, 30)]);
        return new(new(id, 0), new(time), new([(byte)device, .. Fixed.Counting(0, 31)]), new([(byte)device, .. Fixed.Counting(0, 15)]), (ulong)number);
    }

    public static ItemValue Value(string text) => ItemValue.FromBytes(System.Text.Encoding.UTF8.GetBytes(text));

    public static Operation Put(string value, params Dot[] replaces) => Of(OperationKind.Put, value, replaces);

    public static Operation Resolve(string value, params Dot[] replaces) => Of(OperationKind.Resolve, value, replaces);

    public static Operation Delete(params Dot[] replaces) => Of(OperationKind.Delete, null, replaces);

    public static Operation Patch(IReadOnlyList<CellWrite> cells, params Dot[] replaces) => Of(OperationKind.Patch, null, replaces) with { Alive = true, Cells = cells };

    public static Operation Policy(IReadOnlyList<CellWrite> cells, params Dot[] replaces) => Patch(cells, replaces) with { Kind = OperationKind.Policy, Key = "" };

    public static Operation Increment(params Increment[] increments) => Of(OperationKind.Increment, null, []) with { Detail = new IncrementDetail(increments) };

    public static Operation SetCounter(string path, long number, IReadOnlyList<LogSum> seen, params Dot[] replaces) =>
        Of(OperationKind.SetCounter, null, replaces) with { Alive = true, Cells = [new(path, ItemValue.FromCounter(new(number, seen)))] };

    public static Operation Add(string path, string[] elements, params Dot[] replaces) => Of(OperationKind.Add, null, replaces) with { Detail = new ElementDetail([new(path, Elements(elements))]) };

    public static Operation Remove(string path, string[] elements, params Dot[] replaces) => Add(path, elements, replaces) with { Kind = OperationKind.Remove };

    /// <summary>The state of an item of which nothing is left.</summary>
    public static byte[] Nothing() => Core.Merging.Folding.Apply(null, Remove("/none", ["x"]), Origin('a', 1, 1)).Encode();

    public static Operation Checkpoint(IReadOnlyList<DroppedItem> dropped, ItemValue? snapshot)
    {
        var floor = new VersionVector();
        floor.Set(Fixed.DataLog, new Tip(3, new(Fixed.Counting(1))));
        return Of(OperationKind.Checkpoint, null, []) with { Key = "", Detail = new CheckpointDetail(floor, new(Fixed.Counting(9)), dropped, snapshot) };
    }

    public static Operation Tree(string prefix, params OperationOrigin[] seen)
    {
        var vector = new VersionVector();
        foreach (var tips in seen.GroupBy(s => s.Log)) vector.Set(tips.Key, tips.Select(t => new Tip(t.Sequence, t.Dot.Commit)));
        return Of(OperationKind.RemoveTree, null, []) with { Key = "", Detail = new TreeDetail(prefix, vector) };
    }

    /// <summary>Folds one operation; returns its dot.</summary>
    public Dot Then(char device, int number, ulong time, Operation operation) => Then(Origin(device, number, time), operation);

    public Dot Then(OperationOrigin origin, Operation operation)
    {
        Assert.Equal(OperationStatus.Known, OperationList.Decode(OperationList.Encode([operation]))[0].Status);
        _operations.Add((operation, origin));
        if (operation.Key.Length == 0) Collection = Folding.Apply(Collection, operation, origin);
        else State = Folding.Apply(State, operation, origin);
        return origin.Dot;
    }

    public ItemStory Fork()
    {
        var copy = new ItemStory { State = State, Collection = Collection };
        copy._operations.AddRange(_operations);
        return copy;
    }

    // The second byte of a commit is its number; the third marks a branch, which begins behind the first commit.
    private static CommitId PreviousOf(OperationOrigin origin)
    {
        byte[] id = origin.Dot.Commit.ToArray();
        if (--id[1] == 1) id[2] = 0;
        return new(id);
    }

    private static ReadOnlyMemory<byte>[] Elements(string[] elements) => [.. elements.Select(e => new ReadOnlyMemory<byte>(System.Text.Encoding.UTF8.GetBytes(e)))];

    private static Operation Of(OperationKind kind, string? value, Dot[] replaces) =>
        new("items", "k", kind, [.. replaces.Order()], null, value is not null, value is null ? null : Value(value), [], null, null);

    private sealed class Chains(IReadOnlyList<(CommitId Commit, CommitId Previous)> chain) : ILogBranches
    {
        private readonly Dictionary<CommitId, CommitId> _previous = chain.ToDictionary(c => c.Commit, c => c.Previous);

        public bool IsBehind(LogId log, CommitId commit, Tip tip)
        {
            var at = tip.Id;
            while (at != commit && _previous.TryGetValue(at, out var before)) at = before;
            return at == commit;
        }
    }
}
