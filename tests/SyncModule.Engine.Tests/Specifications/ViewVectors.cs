using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Tests.Specifications;

/// <summary>What shows of the same versions under each policy (§5): the state is one, its views are many.</summary>
internal static class ViewVectors
{
    private const string Default = "[\"last-writer-wins\",1]", First = "[\"first-writer-wins\",1]", Fields = "[\"field-merge\",1]", Manual = "[\"manual\",1]", Owned = "[\"owned\",1]";

    private static readonly string Authority = $"[\"authority\",1,\"{System.Buffers.Text.Base64Url.EncodeToString(ItemStory.Origin('b', 1, 0).Device.ToArray())}\"]";

    public static VectorFile Make()
    {
        var file = new VectorFile(MergeVectors.Page, "views.json", "settings are paths and values in turn; shows are the live cells besides \"\", path and value; what a conflict would show is what the default shows");
        foreach (string policy in new[] { Default, First, Fields, Authority, Manual, Owned, "[\"votes\",1]", "[\"manual\",2]", "[\"manual\"]", "manual" })
        {
            Add(file, "three versions under " + policy, Three, "/policy", policy);
        }

        foreach (string policy in new[] { Default, First, Authority, Manual }) Add(file, "fields under " + policy, Patched, "/policy", policy);
        foreach (string policy in new[] { First, Authority, Manual }) Add(file, "a deletion beside a put under " + policy, Deleted, "/policy", policy);
        Add(file, "manual: versions that say the same wait for nobody", story =>
        {
            story.Then('a', 1, 100, ItemStory.Put("1"));
            story.Then('b', 1, 101, ItemStory.Put("1"));
        }, "/policy", Manual);
        Add(file, "manual: resolved by two at once, and open no more", story =>
        {
            var one = story.Then('a', 1, 100, ItemStory.Put("1"));
            var other = story.Then('b', 1, 100, ItemStory.Put("2"));
            story.Then('a', 2, 300, ItemStory.Resolve("1", one, other));
            story.Then('b', 2, 301, ItemStory.Resolve("2", one, other));
        }, "/policy", Manual);
        Add(file, "manual: what came behind a resolve waits again", story =>
        {
            var one = story.Then('a', 1, 100, ItemStory.Put("1"));
            story.Then('b', 1, 100, ItemStory.Resolve("2", one));
            story.Then('c', 1, 101, ItemStory.Put("3", one));
        }, "/policy", Manual);
        Add(file, "first the tree shows its deletion, then the policy chooses", story =>
        {
            story.Then('a', 1, 100, ItemStory.Put("1"));
            story.Then('c', 1, 150, ItemStory.Put("2"));
            story.Then('b', 1, 200, ItemStory.Tree("k", ItemStory.Origin('a', 1, 100)));
        }, "/policy", First);
        Add(file, "counters and sets count under every policy", story =>
        {
            story.Then('a', 1, 100, ItemStory.Increment(new Increment("/n", 5)));
            story.Then('b', 1, 101, ItemStory.Increment(new Increment("/n", 7)));
            story.Then('a', 2, 102, ItemStory.Add("/tags", ["1"]));
            story.Then('b', 2, 103, ItemStory.Add("/tags", ["2"]));
        }, "/policy", Manual);
        Patterns(file);
        return file;
    }

    // Of the patterns that fit one decides; what decides shows the first or the last writer.
    private static void Patterns(VectorFile file)
    {
        Add(file, "a pattern before the policy of all", Three, "/policy", Manual, "/patterns/k", First);
        Add(file, "the pattern with more letters of its own decides", Three, "/patterns/*", Manual, "/patterns/?", Manual, "/patterns/k*", First);
        Add(file, "of equally many letters the longer pattern decides", Three, "/patterns/k*", Manual, "/patterns/k**", First);
        Add(file, "of equally long ones the lesser decides", Three, "/patterns/*k", First, "/patterns/k*", Manual);
        Add(file, "a pattern that does not fit says nothing", Three, "/policy", First, "/patterns/k?", Manual, "/patterns/K", Manual);
        Add(file, "a slash is a letter like others, escaped in the path of its setting", Three, "/patterns/x~1*", Manual, "/patterns/*~0", Manual);
        Add(file, "a pattern whose policy is not known shows the default", Three, "/policy", Manual, "/patterns/k", "[\"votes\",3]");
    }

    private static void Three(ItemStory story)
    {
        story.Then('a', 1, 100, ItemStory.Put("1"));
        story.Then('b', 1, 150, ItemStory.Put("22"));
        story.Then('c', 1, 200, ItemStory.Put("333"));
    }

    private static void Patched(ItemStory story)
    {
        var first = story.Then('a', 1, 100, ItemStory.Patch([Cell("/a", "1"), Cell("/b", "1")]));
        story.Then('a', 2, 200, ItemStory.Patch([Cell("/a", "2")], first));
        story.Then('b', 1, 150, ItemStory.Patch([Cell("/a", "33"), Cell("/c", "{\"d\":3}")], first));
    }

    private static void Deleted(ItemStory story)
    {
        var first = story.Then('a', 1, 100, ItemStory.Put("1"));
        story.Then('a', 2, 200, ItemStory.Delete(first));
        story.Then('b', 1, 201, ItemStory.Put("2", first));
    }

    private static CellWrite Cell(string path, string json) => new(path, ItemStory.Value(json));

    private static void Add(VectorFile file, string name, Action<ItemStory> tell, params string[] settings)
    {
        var story = new ItemStory();
        tell(story);
        var policy = PolicyIn(settings);
        var shown = policy.Show(story.Shown);
        var view = View.Of(shown);
        var fields = new List<(string, object)>
        {
            ("operations", story.Of(collection: false).Select(o => Examples.Encode(o.Operation))), ("origins", story.Of(collection: false).Select(o => Examples.Encode(o.Origin))), ("settingsText", settings),
            ("policyText", policy.For("k").Name), ("known", policy.For("k").IsKnown ? 1 : 0),
            ("statusText", view.Status switch { ItemStatus.Item => "item", ItemStatus.Conflict => "conflict", _ => "deleted" }),
            ("state", story.State.Encode()),
        };
        if (view.Winner is { } winner && winner.Dot != default) fields.Add(("winner", Examples.Encode(winner.Dot)));
        fields.Add(("showsText", view.Cells.SelectMany(c => new[] { c.Path, System.Text.Encoding.UTF8.GetString(c.Value.Inline.Span) })));
        if (StructuredItem.IsStructured(shown)) fields.Add(("jsonText", StructuredItem.ToJson(shown, v => v.Inline).ToJsonString(StructuredItem.Compact)));
        if (story.Collection is not null)
        {
            fields.Add(("collectionOperations", story.Of(collection: true).Select(o => Examples.Encode(o.Operation))));
            fields.Add(("collectionOrigins", story.Of(collection: true).Select(o => Examples.Encode(o.Origin))));
            fields.Add(("previous", story.Chain().Select(c => new[] { c.Commit, c.Previous })));
        }

        file.Case(name, [.. fields]);
    }

    /// <summary>A collection with these settings: a cell's path and its value in turn.</summary>
    internal static CollectionPolicy PolicyIn(string[] settings)
    {
        if (settings.Length == 0) return CollectionPolicy.None;
        var values = settings.Chunk(2).ToDictionary(s => s[0], s => (ItemValue?)ItemStory.Value(s[1]), StringComparer.Ordinal);
        var origin = ItemStory.Origin('a', 9, 1);
        return CollectionPolicy.Of(Folding.Apply(null, StructuredWrites.Patch(null, "items", "", values) with { Kind = OperationKind.Policy, Metadata = null }, origin));
    }
}
