using SyncModule.Core.Model;

namespace SyncModule.Engine.Tests.Specifications;

/// <summary>Cases of fold.json about fields, counters, sets, trees and policies (§4, §5, §7).</summary>
internal static class PartVectors
{
    public static void AddTo(VectorFile file)
    {
        Fields(file);
        Counters(file);
        Sets(file);
        Trees(file);
        Joins(file);
        Checkpoints(file);
    }

    private static void Checkpoints(VectorFile file)
    {
        var (first, second, third) = (ItemStory.Origin('a', 1, 100), ItemStory.Origin('a', 2, 200), ItemStory.Origin('b', 1, 150));
        var lives = Core.Merging.Folding.Apply(Core.Merging.Folding.Apply(null, ItemStory.Patch([Cell("/a", "1"), Cell("/b", null)]), first), ItemStory.Patch([Cell("/b", null), Cell("/c", null)]), third);
        var goes = Core.Merging.Folding.Apply(Core.Merging.Folding.Apply(null, ItemStory.Put("1"), first), ItemStory.Delete(first.Dot), second);
        Drop("checkpoint: a field's deletions go where it names them, and nothing that lives", lives, new("/a", [first.Dot]), new("/b", [first.Dot, third.Dot]));
        Drop("checkpoint: of two deletions of a field one is named", lives, new DroppedCell("/b", [first.Dot]));
        Drop("checkpoint: nothing is left of an item that was deleted", goes, new DroppedCell("", [second.Dot]));

        void Drop(string name, Core.Merging.KeyState state, params DroppedCell[] cells)
        {
            var operation = ItemStory.Checkpoint([new("k", cells)], null);
            var after = Core.Merging.Dropping.Apply(state, new("k", cells));
            file.Case(name, ("before", state.Encode()), ("operation", Examples.Encode(operation)), ("after", after?.Encode() ?? ItemStory.Nothing()));
        }
    }

    private static void Fields(VectorFile file)
    {
        FoldVectors.Add(file, "fields: two devices change different ones", story =>
        {
            var first = story.Then('a', 1, 100, ItemStory.Patch([Cell("/a", "1"), Cell("/b", "1")]));
            story.Then('a', 2, 200, ItemStory.Patch([Cell("/a", "2")], first));
            story.Then('b', 1, 150, ItemStory.Patch([Cell("/b", "3")], first));
        });
        FoldVectors.Add(file, "fields: one of them on two devices, and it alone is open", story =>
        {
            var first = story.Then('a', 1, 100, ItemStory.Patch([Cell("/a", "1"), Cell("/b", "1")]));
            story.Then('a', 2, 200, ItemStory.Patch([Cell("/a", "2")], first));
            story.Then('b', 1, 150, ItemStory.Patch([Cell("/a", "3")], first));
        });
        FoldVectors.Add(file, "fields: what the item itself has replaced may still stand in a field", story => OlderField(story));
        FoldVectors.Add(file, "fields: a deletion names what stands anywhere, and says where", story =>
        {
            var (first, second) = OlderField(story);
            story.Then('a', 3, 300, ItemStory.Delete(first, second) with { Cells = [new("/a", null, [1]), new("/b", null, [0])], Stood = [1] });
        });
        FoldVectors.Add(file, "fields: a leaf and one below it: the greater side shows", story =>
        {
            var first = story.Then('a', 1, 100, ItemStory.Patch([Cell("/v", "1")]));
            story.Then('a', 2, 200, ItemStory.Patch([Cell("/v", null), Cell("/v!", "2"), Cell("/v/x", "1")], first));
            story.Then('b', 1, 201, ItemStory.Patch([Cell("/v", "7")], first));
        });
        FoldVectors.Add(file, "fields: names with / and ~, and a value that is no JSON", story =>
            story.Then('a', 1, 100, ItemStory.Patch([Cell("/a~1b", "[1,{\"c\":null}]"), Cell("/deep/~0", "\"\u00fc\""), Cell("/text", "no JSON")])));
        FoldVectors.Add(file, "fields: a put over the whole item takes every field", story =>
        {
            var (first, second) = OlderField(story);
            story.Then('b', 1, 300, ItemStory.Put("whole", first, second) with { Cells = [new("/a", null, [1]), new("/b", null, [0])], Stood = [1] });
        });
    }

    private static void Counters(VectorFile file)
    {
        var log = ItemStory.Origin('a', 1, 0).Log;
        FoldVectors.Add(file, "counters: increments add up, log by log", story =>
        {
            story.Then('a', 1, 100, ItemStory.Increment(new Increment("/n", 5)));
            story.Then('a', 2, 101, ItemStory.Increment(new("/m", IncrementDetail.MaxDelta), new Increment("/n", -7)));
            story.Then('b', 1, 50, ItemStory.Increment(new Increment("/n", 10)));
        });
        FoldVectors.Add(file, "counters: set beside an increment that was not seen", story =>
        {
            story.Then('a', 1, 100, ItemStory.Increment(new Increment("/n", 5)));
            story.Then('b', 1, 101, ItemStory.Increment(new Increment("/n", 7)));
            story.Then('a', 2, 102, ItemStory.SetCounter("/n", 100, [new(log, 5)]));
        });
        FoldVectors.Add(file, "counters: set on two devices at once, and counted on", story =>
        {
            story.Then('a', 1, 100, ItemStory.Increment(new Increment("/n", 5)));
            story.Then('a', 2, 102, ItemStory.SetCounter("/n", 10, [new(log, 5)]));
            story.Then('b', 1, 103, ItemStory.SetCounter("/n", 20, [new(log, 5)]));
            story.Then('a', 3, 104, ItemStory.Increment(new Increment("/n", 1)));
        });
        FoldVectors.Add(file, "counters: a whole number that stood there is a base that had seen nothing", story =>
        {
            story.Then('a', 1, 100, ItemStory.Patch([Cell("/n", "40"), Cell("/text", "\"x\"")]));
            story.Then('b', 1, 101, ItemStory.Increment(new("/n", 2), new Increment("/text", 2)));
        });
        FoldVectors.Add(file, "counters: sums stay when the item is deleted, and do not show", story =>
        {
            story.Then('a', 1, 100, ItemStory.Increment(new Increment("/n", 5)));
            story.Then('b', 1, 101, ItemStory.Delete() with { Cells = [Cell("/n", null)] });
        });
        FoldVectors.Add(file, "counters: a deletion that did not know of one leaves the item deleted", story =>
        {
            var first = story.Then('a', 1, 100, ItemStory.Patch([Cell("/a", "1")]));
            story.Then('a', 2, 101, ItemStory.Increment(new Increment("/n", 5)));
            story.Then('b', 1, 102, ItemStory.Delete(first) with { Cells = [Cell("/a", null)] });
        });
    }

    private static void Sets(VectorFile file)
    {
        FoldVectors.Add(file, "sets: an addition wins over a removal that had not seen it", story =>
        {
            var first = story.Then('a', 1, 100, ItemStory.Add("/tags", ["\"red\""]));
            story.Then('a', 2, 300, ItemStory.Remove("/tags", ["\"red\""], first));
            story.Then('b', 1, 200, ItemStory.Add("/tags", ["\"blue\"", "\"red\""], first));
        });
        FoldVectors.Add(file, "sets: of one addition of two elements one is removed", story =>
        {
            var first = story.Then('a', 1, 100, ItemStory.Add("/tags", ["\"green\"", "\"red\""]));
            story.Then('b', 1, 200, ItemStory.Remove("/tags", ["\"red\""], first));
        });
        FoldVectors.Add(file, "sets: added again, the first addition goes where it is named and stays elsewhere", story =>
        {
            var first = story.Then('a', 1, 100, ItemStory.Add("/tags", ["1", "2"]));
            story.Then('b', 1, 200, ItemStory.Add("/tags", ["2", "3"], first));
        });
        FoldVectors.Add(file, "sets: a put takes the additions that it names from every element", story =>
        {
            var first = story.Then('a', 1, 100, ItemStory.Add("/tags", ["1", "2"]));
            story.Then('b', 1, 200, ItemStory.Add("/tags", ["3"]));
            story.Then('a', 2, 300, ItemStory.Put("whole", first));
        });
        FoldVectors.Add(file, "sets: a patch takes no additions; a set and a field at one path", story =>
        {
            var first = story.Then('a', 1, 100, ItemStory.Add("/tags", ["1", "2"]));
            story.Then('a', 2, 200, ItemStory.Patch([Cell("/tags", "\"later\"")], first));
        });
    }

    private static void Trees(VectorFile file)
    {
        FoldVectors.Add(file, "a tree: what its author had seen shows as deleted", story =>
        {
            story.Then('a', 1, 100, ItemStory.Put("1"));
            story.Then('b', 1, 200, ItemStory.Tree("k", ItemStory.Origin('a', 1, 100)));
        });
        FoldVectors.Add(file, "a tree: a version that was not seen and had replaced the one that was stands", story =>
        {
            var first = story.Then('a', 1, 100, ItemStory.Put("1"));
            story.Then('a', 2, 101, ItemStory.Put("2", first));
            story.Then('b', 1, 200, ItemStory.Tree("", ItemStory.Origin('a', 1, 100)));
        });
        FoldVectors.Add(file, "a tree: a version beside the one that went competes with the deletion", story =>
        {
            story.Then('a', 1, 100, ItemStory.Put("1"));
            story.Then('c', 1, 150, ItemStory.Put("2"));
            story.Then('b', 1, 200, ItemStory.Tree("k", ItemStory.Origin('a', 1, 100)));
        });
        FoldVectors.Add(file, "a tree: an earlier commit of a log counts as seen, and another prefix does not", story =>
        {
            story.Then('a', 1, 100, ItemStory.Put("1"));
            story.Then('b', 1, 200, ItemStory.Tree("kk", ItemStory.Origin('a', 1, 100)));
            story.Then('a', 2, 201, ItemStory.Tree("none", ItemStory.Origin('a', 1, 100)));
            story.Then('c', 1, 202, ItemStory.Tree("k", ItemStory.Origin('a', 2, 201), ItemStory.Origin('b', 1, 200)));
        });
        FoldVectors.Add(file, "a tree: of two the greater stands, and fields and elements go while counters stay", story =>
        {
            story.Then('a', 1, 100, ItemStory.Patch([Cell("/a", "1")]));
            story.Then('a', 2, 101, ItemStory.Add("/tags", ["1"]));
            story.Then('a', 3, 102, ItemStory.Increment(new Increment("/n", 5)));
            story.Then('b', 1, 200, ItemStory.Tree("k", ItemStory.Origin('a', 2, 101)));
            story.Then('c', 1, 201, ItemStory.Tree("", ItemStory.Origin('a', 1, 100)));
            story.Then('d', 1, 300, ItemStory.Add("/tags", ["2"]));
        });
        FoldVectors.Add(file, "a tree: of a forked log only the branch that was seen goes", story =>
        {
            story.Then('a', 1, 100, ItemStory.Add("/tags", ["1"]));
            story.Then('a', 2, 101, ItemStory.Add("/tags", ["2"]));
            story.Then(Branch(2, 102), ItemStory.Add("/tags", ["3"]));
            story.Then('a', 3, 103, ItemStory.Add("/tags", ["4"]));
            story.Then('b', 1, 200, ItemStory.Tree("k", ItemStory.Origin('a', 2, 101)));
        });
        FoldVectors.Add(file, "a policy is a patch of the collection and shows nothing", story =>
        {
            story.Then('a', 1, 100, ItemStory.Put("1"));
            var first = story.Then('a', 2, 101, ItemStory.Policy([Cell("/default", "\"manual\""), Cell("/name", "\"notes\"")]));
            story.Then('b', 1, 102, ItemStory.Policy([Cell("/default", "\"last\"")], first));
        });
    }

    // Both sides have counted and added; then each goes on, the left takes an element out, the right counts in a log that the left knows less of.
    private static void Joins(VectorFile file)
    {
        var left = new ItemStory();
        left.Then('a', 1, 100, ItemStory.Increment(new Increment("/n", 5)));
        var added = left.Then('b', 1, 101, ItemStory.Add("/tags", ["1", "2"]));
        var right = left.Fork();
        left.Then('a', 2, 200, ItemStory.Increment(new("/m", 1), new Increment("/n", -2)));
        left.Then('c', 1, 201, ItemStory.Remove("/tags", ["1", "2"], added));
        right.Then('b', 2, 150, ItemStory.Increment(new Increment("/n", 10)));
        right.Then('b', 3, 151, ItemStory.Add("/tags", ["2", "3"], added));
        FoldVectors.Join(file, "join of counters and sets", left, right);
    }

    // The second commit takes the field /a of the first, which still stands in /b.
    private static (Dot First, Dot Second) OlderField(ItemStory story)
    {
        var first = story.Then('a', 1, 100, ItemStory.Patch([Cell("/a", "1"), Cell("/b", "1")]));
        return (first, story.Then('a', 2, 200, ItemStory.Patch([Cell("/a", "2")], first)));
    }

    // Another commit behind the first one of device a.
    private static Core.Merging.OperationOrigin Branch(int number, ulong time)
    {
        var origin = ItemStory.Origin('a', number, time);
        byte[] id = origin.Dot.Commit.ToArray();
        id[2] = 0xff;
        return origin with { Dot = new(new(id), 0) };
    }

    private static CellWrite Cell(string path, string? json) => new(path, json is null ? null : ItemStory.Value(json));
}
