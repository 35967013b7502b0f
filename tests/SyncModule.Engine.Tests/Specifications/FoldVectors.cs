using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Tests.Specifications;

/// <summary>Fold, join and view (§4, §5, §7): operations of one item in one order of several possible, and the state in bytes.</summary>
internal static class FoldVectors
{
    public static VectorFile Make()
    {
        var file = new VectorFile(MergeVectors.Page, "fold.json", "origins are [dot, commit's ts, device, log, sequence]; each case folds its operations in the order given");
        Add(file, "a write that saw the first", story =>
        {
            var first = story.Then('a', 1, 100, ItemStory.Put("1"));
            story.Then('b', 1, 50, ItemStory.Put("2", first));
        });
        Add(file, "two writes that did not see each other: the greater time shows", Concurrent(100, 101));
        Add(file, "at the same time the greater device shows", Concurrent(100, 100));
        Add(file, "a deletion against a later put", story =>
        {
            var first = story.Then('a', 1, 100, ItemStory.Put("1"));
            story.Then('a', 2, 200, ItemStory.Delete(first));
            story.Then('b', 1, 201, ItemStory.Put("2", first));
        });
        Add(file, "a deletion that saw all", story =>
        {
            var first = story.Then('a', 1, 100, ItemStory.Put("1"));
            story.Then('b', 1, 200, ItemStory.Delete(first));
        });
        Add(file, "two people resolve at once: the order decides, nothing is open", story =>
        {
            var one = story.Then('a', 1, 100, ItemStory.Put("1"));
            var other = story.Then('b', 1, 100, ItemStory.Put("2"));
            story.Then('a', 2, 300, ItemStory.Resolve("1", one, other));
            story.Then('b', 2, 301, ItemStory.Resolve("2", one, other));
        });
        Add(file, "equal values are no conflict, different times apart", story =>
        {
            story.Then('a', 1, 100, ItemStory.Put("1") with { Metadata = new Metadata().With(Metadata.TimeKey, 1) });
            story.Then('b', 1, 101, ItemStory.Put("1") with { Metadata = new Metadata().With(Metadata.TimeKey, 2) });
        });
        Add(file, "cells: each is decided by itself, and a replaced head goes only where the operation touches", story =>
        {
            var first = story.Then('a', 1, 100, ItemStory.Put("1") with { Cells = [new("x", ItemStory.Value("x1")), new("y", ItemStory.Value("y1"))] });
            story.Then('a', 2, 200, ItemStory.Put("2", first) with { Cells = [new("x", ItemStory.Value("x2"))] });
            story.Then('b', 1, 150, ItemStory.Put("3", first) with { Cells = [new("x", null), new("y", ItemStory.Value("y3"))] });
        });
        Add(file, "long values are named: by their length where there is a content id, else by their hash too", story =>
        {
            var content = Fixed.Counting(0x11);
            story.Then('a', 1, 100, ItemStory.Put(new string('v', 65)) with { Content = new(content), Cells = [new("long", ItemStory.Value(new string('c', 65))), new("short", ItemStory.Value(new string('c', 64)))] });
        });
        AddJoin(file);
        PartVectors.AddTo(file);
        return file;
    }

    private static Action<ItemStory> Concurrent(ulong one, ulong other) => story =>
    {
        story.Then('a', 1, one, ItemStory.Put("1"));
        story.Then('b', 1, other, ItemStory.Put("2"));
    };

    internal static void Add(VectorFile file, string name, Action<ItemStory> tell)
    {
        var story = new ItemStory();
        tell(story);
        var view = View.Of(story.Shown);
        var fields = new List<(string, object)>
        {
            ("operations", story.Of(collection: false).Select(o => Examples.Encode(o.Operation))), ("origins", story.Of(collection: false).Select(o => Examples.Encode(o.Origin))), ("state", story.State.Encode()),
            ("statusText", view.Status == ItemStatus.Item ? "item" : "deleted"),
        };
        // An item of which only increments came has no version to name.
        if (view.Winner is { } winner && winner.Dot != default) fields.Add(("winner", Examples.Encode(winner.Dot)));
        fields.Add(("conflict", view.HasConflict ? 1 : 0));
        if (story.Collection is { } collection)
        {
            fields.Add(("collectionOperations", story.Of(collection: true).Select(o => Examples.Encode(o.Operation))));
            fields.Add(("collectionOrigins", story.Of(collection: true).Select(o => Examples.Encode(o.Origin))));
            fields.Add(("collectionState", collection.Encode()));
            fields.Add(("previous", story.Chain().Select(c => new[] { c.Commit, c.Previous })));
            fields.Add(("shown", story.Shown.Encode()));
        }

        if (StructuredItem.IsStructured(story.Shown)) fields.Add(("jsonText", StructuredItem.ToJson(story.Shown, v => v.Inline).ToJsonString(StructuredItem.Compact)));
        file.Case(name, [.. fields]);
    }

    // Both sides have the first put; the left has replaced it, the right has added another device's write to it.
    private static void AddJoin(VectorFile file)
    {
        var left = new ItemStory();
        var first = left.Then('a', 1, 100, ItemStory.Put("1"));
        var right = left.Fork();
        left.Then('a', 2, 200, ItemStory.Put("2", first));
        right.Then('b', 1, 150, ItemStory.Put("3"));
        Join(file, "join", left, right);
    }

    internal static void Join(VectorFile file, string name, ItemStory left, ItemStory right)
    {
        var joined = Joining.Join(left.State, Seen(left), right.State, Seen(right))!;
        Assert.Equal(joined.Encode(), Joining.Join(right.State, Seen(right), left.State, Seen(left))!.Encode());
        file.Case(name, ("left", left.State.Encode()), ("leftSeen", left.Operations.Select(o => o.Origin.Dot.Commit)), ("right", right.State.Encode()), ("rightSeen", right.Operations.Select(o => o.Origin.Dot.Commit)), ("joined", joined.Encode()));
    }

    private static SeenBy Seen(ItemStory story) => new([.. story.Operations.Select(o => o.Origin)]);

    private sealed class SeenBy(OperationOrigin[] origins) : ICausalHistory
    {
        public bool Contains(Head head) => origins.Any(o => o.Dot.Commit == head.Dot.Commit);

        public ulong SequenceOf(LogId log) => origins.Where(o => o.Log == log).Select(o => o.Sequence).DefaultIfEmpty().Max();
    }
}
