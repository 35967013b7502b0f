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
        return file;
    }

    private static (Dot One, Dot Other) Two(ItemStory story) => (story.Then('a', 1, 100, ItemStory.Put("1")), story.Then('b', 1, 101, ItemStory.Put("22")));

    private static void Add(VectorFile file, string name, Action<ItemStory> tell)
    {
        var story = new ItemStory();
        tell(story);
        var replaced = story.Operations.Select(o => new ReplacedHead(o.Operation, o.Origin)).ToList();
        var records = story.Operations.SelectMany(o => MergeRecords.Settled(o.Operation, o.Origin, [.. replaced.Where(r => o.Operation.Replaces.Contains(r.Origin.Dot))])).Concat(MergeRecords.Open(story.State)).ToList();
        Assert.NotEmpty(records);
        file.Case(name, ("operations", story.Operations.Select(o => Examples.Encode(o.Operation))), ("origins", story.Operations.Select(o => Examples.Encode(o.Origin))), ("records", MergeRecords.Encode(records)));
    }
}
