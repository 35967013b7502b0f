using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Merging;

/// <summary>
/// An operation that another one names in `replaces`, as it was written. It comes from the log and not from a state: by the time the
/// other one arrives a third may have replaced it, and a record must not depend on who came first.
/// </summary>
public sealed record ReplacedHead(Operation Operation, OperationOrigin Origin);

/// <summary>Computes merge records and the bytes in which lists of them are compared (format-1 §7).</summary>
public static class MergeRecords
{
    /// <summary>
    /// The open records of a key: one for each cell whose versions compete, ascending by path, and before them the one of fields that stand
    /// together.
    /// </summary>
    /// <param name="state">As it shows: its policy says by which rule.</param>
    public static IReadOnlyList<MergeRecord> Open(KeyState state)
    {
        List<MergeRecord>? records = null;
        if (FieldsTogether(state) is { Count: > 0 } fields) records = [Together(state, fields)];
        foreach (var cell in state.Cells)
        {
            if (cell.IsOpen) (records ??= []).Add(OpenIn(state, cell));
        }

        return records ?? (IReadOnlyList<MergeRecord>)[];
    }

    /// <summary>
    /// Which fields show which of the item's present versions, where these are several that say the same of the item itself and each has brought
    /// a field that shows; ascending by path. Empty in every other case, and under every other policy than field merge.
    /// </summary>
    internal static IReadOnlyList<MergedField> FieldsTogether(KeyState state)
    {
        if (state.Policy.Rule != PolicyRule.FieldMerge || state.Item is not { Heads.Count: > 1, IsOpen: false } item) return [];
        var fields = new List<MergedField>();
        for (int i = 1; i < state.Cells.Count; i++)
        {
            var first = state.Cells[i].First;
            if (item.Find(first.Dot) is not null) fields.Add(new(state.Cells[i].Path, first.Dot));
        }

        for (int i = 1; i < fields.Count; i++)
        {
            if (fields[i].Dot != fields[0].Dot) return fields;
        }

        return [];
    }

    /// <summary>
    /// The records that an operation settles: one for each cell that it touches and in which at least two of the operations that it
    /// names stood. <paramref name="replaced"/> are those of them that count (standing, well-formed, in the past of its commit), in any
    /// order; others of them that are of another key are passed over.
    /// </summary>
    /// <param name="operation">That names them.</param>
    /// <param name="origin">Where it stands.</param>
    /// <param name="replaced">See above.</param>
    /// <param name="isNamed">Asked for a path and a version: false where the version was gone already below a floor that the operation does not lie below (docs/decisions/121); null = always true.</param>
    public static IReadOnlyList<MergeRecord> Settled(Operation operation, in OperationOrigin origin, IReadOnlyList<ReplacedHead> replaced, Func<string, Dot, bool>? isNamed = null)
    {
        // Nearly every write: nothing competed.
        if (operation.Replaces.Count < 2 || replaced.Count < 2) return [];
        var records = new List<MergeRecord>();
        for (int i = operation.TouchesItem ? -1 : 0; i < operation.Cells.Count; i++)
        {
            string path = i < 0 ? "" : operation.Cells[i].Path;
            var heads = HeadsAt(path, i < 0 ? operation.Stood : operation.Cells[i].Stood, operation, replaced, isNamed);
            if (heads.Count < 2) continue;
            var own = i < 0 ? Head.ForItem(operation, origin) : Head.ForCell(operation, origin, operation.Cells[i]);
            records.Add(SettledIn(operation, path, own, heads));
        }

        return records;
    }

    /// <summary>The bytes by which replicas compare their lists: an array of records in the order (ts, id).</summary>
    public static byte[] Encode(IEnumerable<MergeRecord> records)
    {
        MergeRecord[] sorted = [.. records.Order()];
        var writer = new CborWriter(512 * sorted.Length);
        writer.WriteArray(sorted.Length);
        foreach (var record in sorted) record.Write(writer);
        return writer.ToArray();
    }

    /// <summary>Why <paramref name="winner"/> stands before <paramref name="loser"/> in the order of format-1 §7.</summary>
    internal static MergeReason Compare(MergeVersion winner, MergeVersion loser)
    {
        if (winner.Timestamp != loser.Timestamp) return MergeReason.WrittenLater;
        if (winner.Device != loser.Device) return MergeReason.GreaterDevice;
        return winner.Dot.Commit != loser.Dot.Commit ? MergeReason.GreaterCommit : MergeReason.LaterInCommit;
    }

    /// <summary>The same for an open record of some rule.</summary>
    internal static MergeReason Compare(MergeRule rule, MergeVersion winner, MergeVersion loser) => rule switch
    {
        MergeRule.FirstWriterWins => Compare(winner, loser) + (MergeReason.WrittenFirst - MergeReason.WrittenLater),
        MergeRule.Authority when winner.Device != loser.Device => MergeReason.OfAuthority,
        MergeRule.Manual => MergeReason.WaitsForPerson,
        _ => Compare(winner, loser),
    };

    private static MergeRecord Together(KeyState state, IReadOnlyList<MergedField> fields) =>
        new(
            MergeRecord.IdOf(state.Collection, state.Key, "", [.. state.Item!.Heads.Select(h => h.Dot)]),
            MergeState.Open,
            state.Collection,
            state.Key,
            "",
            [.. state.Item.Heads.Select(MergeVersion.Of)],
            null,
            state.Item.First.Dot,
            [],
            MergeRule.FieldMerge,
            MergeReason.DifferentFields,
            MergeAuthor.Automatic)
        { Fields = fields };

    // An authority decides where it wrote one of them and somebody else another one; among its own versions the order does.
    private static MergeRule RuleOf(ItemPolicy policy, Head first, Head[] losers) => policy.Rule switch
    {
        PolicyRule.FirstWriterWins => MergeRule.FirstWriterWins,
        PolicyRule.Manual => MergeRule.Manual,
        PolicyRule.AuthorityWins when first.Device == policy.Authority && losers.Any(l => l.Device != first.Device) => MergeRule.Authority,
        _ => MergeRule.LastWriterWins,
    };

    private static MergeRecord OpenIn(KeyState state, Cell cell)
    {
        var first = cell.First;
        Head[] losers = [.. cell.Heads.Where(h => !h.SameAs(first))];
        var greatest = losers[0];
        foreach (var loser in losers)
        {
            if (state.Policy.Compare(loser, greatest) > 0) greatest = loser;
        }

        var rule = RuleOf(state.Policy, first, losers);
        return new(
            MergeRecord.IdOf(state.Collection, state.Key, cell.Path, [.. cell.Heads.Select(h => h.Dot)]),
            MergeState.Open,
            state.Collection,
            state.Key,
            cell.Path,
            [.. cell.Heads.Select(MergeVersion.Of)],
            null,
            first.Dot,
            [.. losers.Select(h => h.Dot)],
            rule,
            Compare(rule, MergeVersion.Of(first), MergeVersion.Of(greatest)),
            rule == MergeRule.Authority ? MergeAuthor.Authority : MergeAuthor.Automatic);
    }

    private static MergeRecord SettledIn(Operation operation, string path, Head own, List<Head> heads)
    {
        bool person = operation.Kind == OperationKind.Resolve;
        // A person chose a version when the resolve says the same; among equal ones the order decides, as everywhere.
        var winner = own;
        foreach (var head in heads)
        {
            if (person && head.SameAs(own) && (winner == own || Head.CompareOrder(head, winner) > 0)) winner = head;
        }

        return new(
            MergeRecord.IdOf(operation.Collection, operation.Key, path, [own.Dot]),
            MergeState.Settled,
            operation.Collection,
            operation.Key,
            path,
            [.. heads.Select(MergeVersion.Of)],
            MergeVersion.Of(own),
            winner.Dot,
            [.. heads.Where(h => !h.SameAs(winner)).Select(h => h.Dot)],
            person ? MergeRule.Resolved : MergeRule.Superseded,
            person ? MergeReason.ChosenByPerson : MergeReason.SawAll,
            person ? MergeAuthor.Person : MergeAuthor.Automatic);
    }

    /// <summary>Whether it may settle anything: several versions stood in one of its cells.</summary>
    public static bool MaySettle(Operation operation)
    {
        if (operation.Replaces.Count < 2) return false;
        if (operation.TouchesItem && operation.Stood is not { Count: < 2 }) return true;
        for (int i = 0; i < operation.Cells.Count; i++)
        {
            if (operation.Cells[i].Stood is not { Count: < 2 }) return true;
        }

        return false;
    }

    private static List<Head> HeadsAt(string path, IReadOnlyList<int>? stood, Operation operation, IReadOnlyList<ReplacedHead> replaced, Func<string, Dot, bool>? isNamed)
    {
        if (stood is { Count: < 2 }) return [];
        IEnumerable<Dot> dots = stood is null ? operation.Replaces : stood.Select(s => operation.Replaces[s]);
        var named = dots.ToHashSet();
        var heads = new SortedDictionary<Dot, Head>();
        foreach (var other in replaced)
        {
            if (other.Operation.Key != operation.Key || other.Operation.Collection != operation.Collection) continue;
            if (named.Contains(other.Origin.Dot) && isNamed?.Invoke(path, other.Origin.Dot) != false && Head.Of(other.Operation, other.Origin, path) is { } head) heads[head.Dot] = head;
        }

        return [.. heads.Values];
    }
}
