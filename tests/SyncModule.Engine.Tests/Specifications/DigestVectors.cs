using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Specifications;

/// <summary>The digest (§9) over the membership of membership.json.</summary>
internal static class DigestVectors
{
    public static VectorFile Make()
    {
        using var examples = new Examples();
        var file = new VectorFile(MergeVectors.Page, "digest.json", "heads and members are those of the first two commits of membership.json; the key is in keys.json");
        var story = new ItemStory();
        story.Then('a', 1, 100, ItemStory.Put("1"));
        story.Then('b', 1, 101, ItemStory.Put("2"));
        var gone = new ItemStory();
        var first = gone.Then('a', 2, 102, ItemStory.Put("1") with { Key = "gone" });
        gone.Then('a', 3, 103, ItemStory.Delete(first) with { Key = "gone" });
        var forked = Applied();
        var b = ItemStory.Origin('b', 1, 101);
        forked.Set(b.Log, [new(1, b.Dot.Commit), new(1, new(Fixed.Counting(9)))]);
        Add("an empty vault", new VersionVector(), []);
        Add("an item with two versions, and one that is only deleted and left out", Applied(), [gone.State, story.State]);
        Add("the same with a fork", forked, [gone.State, story.State]);
        Add("order of items: U+FF01 before U+1F600, by UTF-8 bytes", Applied(), Named("\uff01", "\U0001f600"));
        Add("collections stand before their items; counters, sets and trees are not only deleted", Applied(), Parts());
        return file;

        void Add(string name, VersionVector applied, IReadOnlyList<KeyState> items)
        {
            var sorted = items.ToList();
            sorted.Sort(ItemName.Compare);
            var (digest, state) = StateDigest.Compute(examples.Keys, applied, examples.Lane, sorted);
            file.Case(name, ("applied", Examples.Encode(applied)), ("states", items.Select(i => i.Encode())), ("stateHash", state), ("digest", digest));
        }
    }

    private static VersionVector Applied()
    {
        var vector = new VersionVector();
        foreach (var origin in new[] { ItemStory.Origin('a', 3, 103), ItemStory.Origin('b', 1, 101) }) vector.Set(origin.Log, new Tip(origin.Sequence, origin.Dot.Commit));
        return vector;
    }

    private static KeyState[] Parts()
    {
        var story = new ItemStory();
        var first = story.Then('a', 1, 100, ItemStory.Increment(new Increment("/n", 5)));
        story.Then('a', 2, 101, ItemStory.Delete(first) with { Cells = [new("/n", null)] });
        story.Then('b', 1, 101, ItemStory.Tree("a", ItemStory.Origin('a', 2, 101)));
        var set = Folding.Apply(null, ItemStory.Add("/tags", ["1"]) with { Key = "a" }, ItemStory.Origin('a', 3, 103));
        var left = Folding.Apply(null, ItemStory.Remove("/tags", ["2"]) with { Key = "b" }, ItemStory.Origin('b', 1, 101));
        Assert.True(left.IsOnlyDeleted);
        return [story.Collection!, set, left, story.State];
    }

    private static KeyState[] Named(params string[] keys) =>
        [.. keys.Select((key, i) => Folding.Apply(null, ItemStory.Put("1") with { Key = key }, ItemStory.Origin('a', i + 1, 100)))];
}
