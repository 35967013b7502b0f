using SyncModule.Core.Encoding;

namespace SyncModule.Engine.Tests.Specifications;

/// <summary>Who owns what, and which writes count (§4, Owners): a letter is a device, its commits are numbered.</summary>
internal static class OwnerVectors
{
    public static VectorFile Make()
    {
        var file = new VectorFile(MergeVectors.Page, "owners.json", "operations of one collection with origins [dot, commit's ts, device, log, sequence]; administrators are device ids; chains are [unit, [dot…]], ascending by unit; "
            + "counts says 1 or 0 of each operation; states are those of the items that have one, under the trees of the collection, ascending by key");
        Add(file, "the owner's writes count, and nobody else's", story =>
        {
            var claim = story.Own('a', 1, 100, "disk", 'a');
            story.Put('a', 2, 101, "disk/x", claim);
            story.Put('b', 1, 300, "disk/x");
            story.Put('b', 2, 301, "disk2");
        });
        Add(file, "what the first owner had seen counts", story =>
        {
            story.Put('b', 1, 100, "disk");
            story.Own('a', 1, 101, "disk", 'a', seen: ["b1"]);
            story.Put('b', 2, 102, "disk");
        });
        Add(file, "two who did not see each other: the greater one owns", story =>
        {
            var one = story.Own('a', 1, 100, "disk", 'a');
            var other = story.Own('b', 1, 101, "disk", 'b');
            story.Put('a', 2, 200, "disk", one);
            story.Put('b', 2, 150, "disk", other);
        });
        Add(file, "who had seen that it is owned is no first owner", story =>
        {
            story.Own('a', 1, 100, "disk", 'a');
            var late = story.Own('b', 1, 200, "disk", 'b', seen: ["a1"]);
            story.Put('b', 2, 201, "disk", late);
        });
        Add(file, "a claim for somebody else is none", story => story.Own('a', 1, 100, "disk", 'b'));
        Add(file, "handed on: of the old owner's writes those count that the end had seen", story =>
        {
            var claim = story.Own('a', 1, 100, "disk", 'a');
            story.Put('a', 2, 101, "disk", claim);
            var next = story.Own('a', 3, 102, "disk", 'b', claim, seen: ["a2"]);
            story.Put('a', 4, 103, "disk", claim);
            story.Put('b', 1, 104, "disk", next);
        });
        foreach (bool isAdministrator in new[] { true, false })
        {
            Add(file, isAdministrator ? "rescued by an administrator" : "rescued by somebody who is none", story =>
            {
                var claim = story.Own('a', 1, 100, "disk", 'a');
                story.Put('a', 2, 101, "disk", claim);
                story.Own('c', 1, 200, "disk", 'c', claim, seen: ["a1"]);
            }, isAdministrator ? "c" : "");
        }

        Add(file, "the owner's own end stands before a later rescue", story =>
        {
            var claim = story.Own('a', 1, 100, "disk", 'a');
            story.Own('a', 2, 101, "disk", 'b', claim, seen: ["a1"]);
            story.Own('c', 1, 200, "disk", 'c', claim, seen: ["a1"]);
        }, "c");
        Add(file, "who had seen that it has ended does not end it again", story =>
        {
            var claim = story.Own('a', 1, 100, "disk", 'a');
            story.Own('c', 1, 101, "disk", 'c', claim, seen: ["a1"]);
            story.Own('d', 1, 200, "disk", 'd', claim, seen: ["a1", "c1"]);
        }, "cd");
        Add(file, "the longest unit decides; what its first owner had seen is the wider one's to decide", story =>
        {
            var whole = story.Own('a', 1, 100, "", 'a');
            story.Put('b', 1, 101, "disk/x");
            var part = story.Own('b', 2, 102, "disk", 'b', seen: ["b1", "a1"]);
            story.Put('b', 3, 103, "disk/y", part);
            story.Put('a', 2, 104, "disk/y", whole);
            story.Put('a', 3, 105, "else", whole);
        });
        Add(file, "a tree takes what its device owned, or the first owner had seen it take", story =>
        {
            story.Put('a', 1, 100, "disk/x");
            story.Put('a', 2, 101, "free");
            story.Tree('b', 1, 102, "", "a2");
            story.Own('a', 3, 103, "disk", 'a', seen: ["a2"]);
            story.Own('c', 1, 104, "free", 'c', seen: ["a2", "b1"]);
        });
        Below(file);
        return file;
    }

    private static void Below(VectorFile file)
    {
        foreach (bool withSnapshot in new[] { true, false })
        {
            Add(file, withSnapshot ? "below a floor an owner from elsewhere decides nothing" : "a checkpoint without a snapshot fixes nothing", story =>
            {
                story.Put('b', 1, 100, "disk");
                story.Checkpoint('b', 2, 101, withSnapshot, "b1");
                var claim = story.Own('a', 1, 50, "disk", 'a');
                story.Put('a', 2, 60, "disk", claim);
            });
        }

        Add(file, "below a floor its own owner decides, also when a greater claim comes", story =>
        {
            story.Own('a', 1, 100, "disk", 'a');
            story.Put('b', 1, 101, "disk");
            story.Checkpoint('a', 2, 110, true, "a1", "b1");
            var later = story.Own('c', 1, 200, "disk", 'c', seen: ["b1"]);
            story.Put('c', 2, 201, "disk", later);
        });
        Add(file, "of two floors the first decides", story =>
        {
            story.Put('b', 1, 100, "disk");
            story.Checkpoint('b', 2, 110, true, "b1");
            story.Own('a', 1, 101, "disk", 'a');
            story.Checkpoint('b', 3, 120, true, "a1", "b1");
        });
    }

    private static void Add(VectorFile file, string name, Action<OwnerStory> tell, string administrators = "")
    {
        var story = new OwnerStory();
        tell(story);
        var devices = administrators.Select(d => ItemStory.Origin(d, 1, 0).Device).ToList();
        var owners = story.Owners(devices);
        var chains = new CborWriter();
        chains.WriteArray(owners.Chains.Count());
        foreach (var (unit, chain) in owners.Chains.OrderBy(c => c.Key, StringComparer.Ordinal))
        {
            chains.WriteArray(2);
            chains.WriteText(unit);
            chains.WriteArray(chain.Count);
            foreach (var generation in chain) generation.Dot.Write(chains);
        }

        file.Case(
            name,
            ("operations", story.Operations.Select(o => Examples.Encode(o.Operation))),
            ("origins", story.Operations.Select(o => Examples.Encode(o.Origin))),
            ("previous", story.Chain().Select(c => new[] { c.Commit, c.Previous })),
            ("administrators", devices),
            ("collectionState", story.Collection.Encode()),
            ("chains", chains.Written.ToArray()),
            ("counts", story.Operations.Select(o => o.Operation.Key.Length == 0 || owners.Counts(o.Operation, o.Origin) ? 1 : 0)),
            ("states", story.Shown(owners).Select(s => s.Encode())));
    }
}
