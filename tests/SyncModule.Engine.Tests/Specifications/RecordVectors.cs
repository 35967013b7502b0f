using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Tests.Specifications;

/// <summary>Merge records (§6).</summary>
internal static class RecordVectors
{
    public static VectorFile Make()
    {
        var file = new VectorFile(MergeVectors.Page, "records.json", "origins are [dot, commit's ts, device, log, sequence]; records is the sorted list in bytes");
        Add(file, "open: written later", story =>
        {
            story.Then('a', 1, 100, ItemStory.Put("1"));
            story.Then('b', 1, 101, ItemStory.Put("22"));
        });
        Add(file, "open: greater device; a third head says the same as the winner", story =>
        {
            story.Then('a', 1, 100, ItemStory.Put("1"));
            story.Then('b', 1, 100, ItemStory.Put("2"));
            story.Then('c', 1, 100, ItemStory.Put("2"));
        });
        Add(file, "settled by a put that had seen both", story =>
        {
            var (one, other) = Two(story);
            story.Then('a', 2, 200, ItemStory.Put("3", one, other));
        });
        Add(file, "settled by a person", story =>
        {
            var (one, other) = Two(story);
            story.Then('c', 1, 200, ItemStory.Resolve("1", one, other));
        });
        Add(file, "settled by a person, and a third write beside it: settled and open", story =>
        {
            var (one, other) = Two(story);
            story.Then('c', 1, 200, ItemStory.Resolve("1", one, other));
            story.Then('d', 1, 150, ItemStory.Put("4"));
        });
        Add(file, "two that replace the same two: both are recorded as they were written", story =>
        {
            var (one, other) = Two(story);
            story.Then('a', 2, 200, ItemStory.Put("3", one, other));
            story.Then('b', 2, 201, ItemStory.Put("4", one, other));
        });
        AddParts(file);
        AddPolicies(file);
        return file;
    }

    // What is open is told by the rule of the item's policy: here the settings of its collection, a cell's path and its value in turn.
    private static void AddPolicies(VectorFile file)
    {
        string authority = $"[\"authority\",1,\"{System.Buffers.Text.Base64Url.EncodeToString(ItemStory.Origin('b', 1, 0).Device.ToArray())}\"]";
        Add(file, "first writer wins: written first", Three, "/policy", "[\"first-writer-wins\",1]");
        Add(file, "first writer wins: lesser device", Equal, "/policy", "[\"first-writer-wins\",1]");
        Add(file, "authority wins: its version before a later one", Three, "/policy", authority);
        Add(file, "authority wins: it wrote none of them, so the last writer wins", story =>
        {
            story.Then('a', 1, 100, ItemStory.Put("1"));
            story.Then('c', 1, 101, ItemStory.Put("22"));
        }, "/policy", authority);
        Add(file, "manual: waits for a person", Three, "/policy", "[\"manual\",1]");
        Add(file, "field merge: fields of two versions stand together", Fields, "/policy", "[\"field-merge\",1]");
        Add(file, "field merge: a field that both wrote is open, and nothing stands together", story =>
        {
            Fields(story);
            story.Then('a', 3, 300, ItemStory.Patch([Cell("/a", "9"), Cell("/b", "9")], ItemStory.Origin('a', 1, 100).Dot, ItemStory.Origin('a', 2, 200).Dot));
        }, "/policy", "[\"field-merge\",1]");
        Add(file, "a pattern with more characters of its own decides", Three, "/policy", "[\"manual\",1]", "/patterns/*", "[\"manual\",1]", "/patterns/k", "[\"first-writer-wins\",1]", "/patterns/x~1*", "[\"manual\",1]");
        Add(file, "a policy that is not known: the last writer wins", Three, "/policy", "[\"votes\",1]", "/patterns/k*", "[\"manual\",2]");

        static void Three(ItemStory story)
        {
            story.Then('a', 1, 100, ItemStory.Put("1"));
            story.Then('b', 1, 150, ItemStory.Put("22"));
            story.Then('c', 1, 200, ItemStory.Put("333"));
        }

        static void Equal(ItemStory story)
        {
            story.Then('a', 1, 100, ItemStory.Put("1"));
            story.Then('b', 1, 100, ItemStory.Put("2"));
        }

        static void Fields(ItemStory story)
        {
            var first = story.Then('a', 1, 100, ItemStory.Patch([Cell("/a", "1"), Cell("/b", "1")]));
            story.Then('a', 2, 200, ItemStory.Patch([Cell("/a", "2")], first));
            story.Then('b', 1, 150, ItemStory.Patch([Cell("/b", "3")], first));
        }
    }

    private static void AddParts(VectorFile file)
    {
        Add(file, "open in one field, and in no other", story =>
        {
            var first = story.Then('a', 1, 100, ItemStory.Patch([Cell("/a", "1"), Cell("/b", "1")]));
            story.Then('a', 2, 200, ItemStory.Patch([Cell("/a", "2")], first));
            story.Then('b', 1, 150, ItemStory.Patch([Cell("/a", "33"), Cell("/b", "3")], first));
        });
        Add(file, "settled where versions stood, and nowhere else", story =>
        {
            var first = story.Then('a', 1, 100, ItemStory.Patch([Cell("/a", "1"), Cell("/b", "1")]));
            var second = story.Then('a', 2, 200, ItemStory.Patch([Cell("/a", "2")], first));
            var third = story.Then('b', 1, 150, ItemStory.Patch([Cell("/a", "3")], first));
            story.Then('a', 3, 300, ItemStory.Delete(first, second, third) with { Cells = [new("/a", null, [1, 2]), new("/b", null, [0])], Stood = [1, 2] });
        });
        Add(file, "the same said without what stood where: the older version counts in the item", story =>
        {
            var first = story.Then('a', 1, 100, ItemStory.Patch([Cell("/a", "1"), Cell("/b", "1")]));
            var second = story.Then('a', 2, 200, ItemStory.Patch([Cell("/a", "2")], first));
            story.Then('a', 3, 300, ItemStory.Delete(first, second) with { Cells = [Cell("/a", null), Cell("/b", null)] });
        });
        Add(file, "a counter that two had set is set once more: settled", story =>
        {
            var one = story.Then('a', 1, 100, ItemStory.SetCounter("/n", 10, []));
            var other = story.Then('b', 1, 101, ItemStory.SetCounter("/n", 20, []));
            story.Then('a', 2, 102, ItemStory.SetCounter("/n", 15, [], one, other));
            story.Then('b', 2, 103, ItemStory.SetCounter("/n", 25, []));
        });
        Add(file, "open: a version beside what a tree took", story =>
        {
            story.Then('a', 1, 100, ItemStory.Put("1"));
            story.Then('c', 1, 150, ItemStory.Put("2"));
            story.Then('b', 1, 200, ItemStory.Tree("", ItemStory.Origin('a', 1, 100)));
        });
        Add(file, "what a tree took is replaced like any version: settled", story =>
        {
            var (one, other) = Two(story);
            story.Then('b', 2, 200, ItemStory.Tree("", ItemStory.Origin('a', 1, 100), ItemStory.Origin('b', 1, 101)));
            story.Then('a', 2, 300, ItemStory.Put("3", one, other));
        });
    }

    private static CellWrite Cell(string path, string? json) => new(path, json is null ? null : ItemStory.Value(json));

    private static (Dot One, Dot Other) Two(ItemStory story) => (story.Then('a', 1, 100, ItemStory.Put("1")), story.Then('b', 1, 101, ItemStory.Put("22")));

    private static void Add(VectorFile file, string name, Action<ItemStory> tell, params string[] settings)
    {
        var story = new ItemStory();
        tell(story);
        var replaced = story.Operations.Select(o => new ReplacedHead(o.Operation, o.Origin)).ToList();
        var records = story.Operations.SelectMany(o => MergeRecords.Settled(o.Operation, o.Origin, [.. replaced.Where(r => o.Operation.Replaces.Contains(r.Origin.Dot))])).Concat(MergeRecords.Open(ViewVectors.PolicyIn(settings).Show(story.Shown))).ToList();
        Assert.NotEmpty(records);
        (string, object)[] told = [("operations", story.Operations.Select(o => Examples.Encode(o.Operation))), ("origins", story.Operations.Select(o => Examples.Encode(o.Origin))), ("records", MergeRecords.Encode(records))];
        file.Case(name, settings.Length == 0 ? told : [.. told, ("settingsText", settings)]);
    }
}
