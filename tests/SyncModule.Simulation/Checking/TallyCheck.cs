using System.Text.Json.Nodes;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Core.Tests.Merging;
using SyncModule.Engine.Vaults;

namespace SyncModule.Simulation.Checking;

/// <summary>
/// One item of which the end is known exactly, from what callers did: nobody deletes it or sets its counter. Each increment is by another
/// number and each element is another one, so each stands in the log once or not at all; the counter shows the sum of those that do, the set
/// shows those that nobody took out.
/// </summary>
internal static class TallyCheck
{
    public static void Run(World world, Vault vault, IReadOnlyList<WrittenOperation> written)
    {
        var history = world.History;
        var ofTally = written.Where(w => w.Operation.Key == PartActions.Tally).ToList();
        if (ofTally.Count == 0) return;
        var applied = written.Select(w => w.Origin.Dot.Commit).ToHashSet();
        var counted = Once(history.Counted, applied, [.. ofTally.SelectMany(w => Increments(w).Select(i => (i.Delta, w.Origin.Dot.Commit)))], "an increment");
        var added = Once(history.Added, applied, [.. Elements(ofTally, OperationKind.Add)], "an element");
        var taken = Elements(ofTally, OperationKind.Remove).Select(e => e.Element).ToHashSet(StringComparer.Ordinal);
        if (taken.FirstOrDefault(t => !history.Taken.Contains(t)) is { } phantom) throw new Violation("I2 phantom", $"{phantom} was taken out by nobody");
        var shown = vault.Find(PartActions.Collection, PartActions.Tally)!;
        var json = StructuredItem.ToJson(shown, _ => "null"u8.ToArray());
        long sum = counted.Sum(), hits = (long?)json[PartActions.Hits[1..]] ?? 0;
        if (hits != sum) throw new Violation("tally", $"{counted.Count} increments of {sum} are in the log and the counter shows {hits}");
        var left = added.Except(taken).Order(StringComparer.Ordinal);
        var elements = (json[PartActions.Tags[1..]] as JsonArray ?? []).Select(e => e!.ToJsonString()).Order(StringComparer.Ordinal).ToList();
        if (!left.SequenceEqual(elements)) throw new Violation("tally", $"the set shows {string.Join(' ', elements)} and not {string.Join(' ', left)}");
        if (!shown.IsAlive) throw new Violation("tally", "it was deleted by nobody");
    }

    // Everything in the log was tried, stands there once, and where a caller was told so, in the commit that it was told.
    private static HashSet<T> Once<T>(Dictionary<T, CommitId?> tried, HashSet<CommitId> applied, List<(T What, CommitId Commit)> found, string kind)
        where T : notnull
    {
        var once = new Dictionary<T, CommitId>();
        foreach (var (what, commit) in found)
        {
            if (!tried.TryGetValue(what, out var told)) throw new Violation("I2 phantom", $"{kind} ({what}) that nobody made is in the log");
            if (!once.TryAdd(what, commit)) throw new Violation("tally", $"{kind} ({what}) is in the log twice");
            if (told is { } promised && promised != commit) throw new Violation("tally", $"{kind} ({what}) stands in another commit than its caller was told");
        }

        foreach (var (what, told) in tried)
        {
            if (told is { } promised && applied.Contains(promised) && !once.ContainsKey(what)) throw new Violation("I1 lost", $"{kind} ({what}) is not in the commit that its caller was told");
        }

        return [.. once.Keys];
    }

    private static IEnumerable<Increment> Increments(WrittenOperation w) =>
        w.Operation.Detail is IncrementDetail detail ? detail.Increments.Where(i => i.Path == PartActions.Hits) : [];

    private static IEnumerable<(string Element, CommitId Commit)> Elements(List<WrittenOperation> of, OperationKind kind) =>
        of.Where(w => w.Operation.Kind == kind)
            .SelectMany(w => ((ElementDetail)w.Operation.Detail!).Sets.Where(s => s.Path == PartActions.Tags).SelectMany(s => s.Elements).Select(e => (System.Text.Encoding.UTF8.GetString(e.Span), w.Origin.Dot.Commit)));
}
