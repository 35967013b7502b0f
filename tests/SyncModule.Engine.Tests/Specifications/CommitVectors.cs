using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Tests.Vaults;

namespace SyncModule.Engine.Tests.Specifications;

/// <summary>Operations and commits of lane 0 (§9).</summary>
internal static class CommitVectors
{
    private static readonly Dot Replaced = new(new(Fixed.Counting(1)), 0), Other = new(new(Fixed.Counting(1)), 65_537);

    public static VectorFile Make()
    {
        using var examples = new Examples();
        var file = new VectorFile(VaultFormatVectors.Page, "commits.json", "operations, and two commits of the founder in the vault of identity.json");
        AddOperations(file, examples);
        AddBroken(file);
        AddCommits(file, examples);
        file.Case("dot and version id", ("dot", Examples.Encode(Other)), ("versionIdText", VersionId.Of(Other)));
        return file;
    }

    private static void AddOperations(VectorFile file, Examples examples)
    {
        var reference = new ObjectReference(new(Fixed.Counting(2)), new(Fixed.Counting(0x42)), ObjectKind.Chunk, 5_000);
        var metadata = new Metadata().With(Metadata.TypeKey, "file").With(Metadata.ModeKey, 420).With(Metadata.TimeKey, -1).With("user.tag", "cat");
        var content = examples.Keys.Genesis.ContentOf(Digest.Hash("hello"u8));
        Case("put", new("items", "note", OperationKind.Put, [], null, true, ItemValue.FromBytes("hello"u8.ToArray()), [], null, content));
        Case("put of a file in an object, over two versions, with its own timestamp", new("items", "dir/file", OperationKind.Put, [Replaced, Other], new(Examples.Time + 1), true, ItemValue.FromReference(reference, 5_000), [], metadata, content));
        Case("put with cells; U+1F600 stands before U+FF01 in UTF-16 order", new("items", "record", OperationKind.Put, [], null, true, null, [new("a", ItemValue.FromBytes("1"u8.ToArray())), new("\U0001f600", null), new("\uff01", ItemValue.FromBytes("2"u8.ToArray()))], null, null));
        Case("delete", new("items", "note", OperationKind.Delete, [Replaced], null, false, null, [], null, null));
        Case("resolve", new("items", "note", OperationKind.Resolve, [Replaced, Other], null, true, ItemValue.FromBytes("hello"u8.ToArray()), [], null, content));
        Case("patch; what it replaces stood in the item, and only the second in the field", ItemStory.Patch([new("/a", ItemStory.Value("1"), [1]), new("/b", null)], Replaced, Other) with { Metadata = metadata });
        Case("delete; nothing stood in the field", ItemStory.Delete(Replaced) with { Cells = [new("/a", null, [])], Stood = [0] });
        Case("inc: least and greatest increment", ItemStory.Increment(new("/m", -IncrementDetail.MaxDelta), new Increment("/n", IncrementDetail.MaxDelta)));
        Case("set-counter: base and seen sums are signed 64-bit integers", ItemStory.SetCounter("/n", long.MinValue, [new(Fixed.DataLog, long.MaxValue)], Replaced));
        Case("put with a counter's beginning in a cell", ItemStory.Put("whole") with { Cells = [new("/n", ItemValue.FromCounter(new(-1, [])))] });
        Case("add, with an empty element", ItemStory.Add("/tags", ["", "\"a\"", "\"b\""], Replaced));
        Case("remove, from two sets", ItemStory.Remove("/tags", ["1"], Replaced) with { Detail = new ElementDetail([new("/tags", [new byte[] { 0x31 }]), new("/\uff01", [new byte[] { 0x32 }])]) });
        Case("rmtree", ItemStory.Tree("dir/", ItemStory.Origin('a', 2, 0), ItemStory.Origin('b', 1, 0)));
        Case("rmtree of a whole collection of which nothing was seen", ItemStory.Tree(""));
        Case("checkpoint", ItemStory.Checkpoint([new("gone", [new("", [Replaced])]), new("kept", [new("/a", [Replaced, Other])])], null));
        Case("checkpoint with a snapshot, that drops nothing", ItemStory.Checkpoint([], ItemValue.FromReference(reference, 5_000)));
        Case("policy", ItemStory.Policy([new("/default", ItemStory.Value("\"manual\""))], Replaced));

        void Case(string name, Operation operation)
        {
            Assert.Equal(OperationStatus.Known, OperationList.Decode(OperationList.Encode([operation]))[0].Status);
            file.Case(name, ("operation", Examples.Encode(operation)));
        }
    }

    private static void AddBroken(VectorFile file)
    {
        Case("malformed: a delete that leaves the item alive", OperationStatus.Malformed, Written(2, alive: 1));
        Case("malformed: an empty key", OperationStatus.Malformed, Written(1, key: ""));
        Case("malformed: replaced dots out of order", OperationStatus.Malformed, Written(1, replaces: [Other, Replaced]));
        Case("malformed: the path of the item itself in the list", OperationStatus.Malformed, Written(1, path: ""));
        Broken("malformed: an increment of 0", ItemStory.Increment(new Increment("/n", 0)));
        Broken("malformed: an increment above 2^53", ItemStory.Increment(new Increment("/n", IncrementDetail.MaxDelta + 1)));
        Broken("malformed: an increment below -2^53", ItemStory.Increment(new Increment("/n", -IncrementDetail.MaxDelta - 1)));
        Broken("malformed: an increment of nothing", ItemStory.Increment());
        Broken("malformed: counters out of order", ItemStory.Increment(new("/n", 1), new Increment("/m", 1)));
        Broken("malformed: an increment with metadata", ItemStory.Increment(new Increment("/n", 1)) with { Metadata = new Metadata() });
        Broken("malformed: elements out of order", ItemStory.Add("/tags", ["b", "a"]));
        Broken("malformed: an element twice", ItemStory.Add("/tags", ["a", "a"]));
        Broken("malformed: an element of 4,097 bytes", ItemStory.Add("/tags", [new string('e', ElementDetail.MaxElementBytes + 1)]));
        Broken("malformed: a remove without elements", ItemStory.Remove("/tags", []));
        Broken("malformed: a set without a path", ItemStory.Add("", ["a"]));
        Broken("malformed: an rmtree with a key", ItemStory.Tree("a") with { Key = "a" });
        Broken("malformed: a policy with a key", ItemStory.Policy([]) with { Key = "a" });
        Broken("malformed: an inc of the collection", ItemStory.Increment(new Increment("/n", 1)) with { Key = "" });
        Broken("malformed: a place beyond what is replaced", ItemStory.Put("1", Replaced) with { Stood = [1] });
        Broken("malformed: a place where nothing is replaced", ItemStory.Put("1") with { Stood = [0] });
        Broken("malformed: places out of order", ItemStory.Patch([new("/a", null, [1, 0])], Replaced, Other));
        Broken("malformed: a counter's beginning as the value of the item", ItemStory.Put("1") with { Value = ItemValue.FromCounter(new(1, [])) });
        Broken("malformed: a set-counter to a plain number", ItemStory.SetCounter("/n", 1, []) with { Cells = [new("/n", ItemStory.Value("1"))] });
        Broken("malformed: a set-counter without cells", ItemStory.SetCounter("/n", 1, []) with { Cells = [] });
        Broken("malformed: a set-counter with metadata", ItemStory.SetCounter("/n", 1, []) with { Metadata = new Metadata() });
        Broken("malformed: seen logs out of order", ItemStory.SetCounter("/n", 1, [new(new(Fixed.Counting(2, 16)), 1), new(new(Fixed.Counting(1, 16)), 1)]));
        Broken("malformed: a patch with a value", ItemStory.Patch([]) with { Value = ItemStory.Value("1") });
        Broken("malformed: a patch that leaves nothing alive", ItemStory.Patch([]) with { Alive = false });
        Case("malformed: only two fields", OperationStatus.Malformed, Convert.FromHexString("8262612f6162"));
        Broken("malformed: a checkpoint with a key", ItemStory.Checkpoint([], null) with { Key = "a" });
        Broken("malformed: a checkpoint's items out of order", ItemStory.Checkpoint([new("b", [new("", [Replaced])]), new("a", [new("", [Replaced])])], null));
        Broken("malformed: an item of a checkpoint without a cell", ItemStory.Checkpoint([new("a", [])], null));
        Broken("malformed: a cell of a checkpoint without a dot", ItemStory.Checkpoint([new("a", [new("", [])])], null));
        Broken("malformed: dots of a checkpoint out of order", ItemStory.Checkpoint([new("a", [new("", [Other, Replaced])])], null));
        Case("unknown: a kind of the future, whatever follows it", OperationStatus.Unknown, Convert.FromHexString("8461616162190100f6"));

        void Broken(string name, Operation operation) => Case(name, OperationStatus.Malformed, Examples.Encode(operation));

        void Case(string name, OperationStatus status, byte[] operation)
        {
            Assert.Equal(status, OperationList.Decode([0x81, .. operation])[0].Status);
            file.Case(name, ("operation", operation));
        }
    }

    private static byte[] Written(ulong kind, ulong alive = 1, string key = "k", Dot[]? replaces = null, string? path = null)
    {
        var writer = new CborWriter();
        writer.WriteArray(8);
        writer.WriteText("items");
        writer.WriteText(key);
        writer.WriteUInt(kind);
        writer.WriteArray(replaces?.Length ?? 0);
        foreach (var dot in replaces ?? []) dot.Write(writer);
        writer.WriteNull();
        writer.WriteArray(3);
        writer.WriteUInt(alive);
        writer.WriteNull();
        writer.WriteArray(path is null ? 0 : 1);
        if (path is not null)
        {
            writer.WriteArray(2);
            writer.WriteText(path);
            writer.WriteNull();
        }

        writer.WriteNull();
        writer.WriteNull();
        return writer.ToArray();
    }

    private static void AddCommits(VectorFile file, Examples examples)
    {
        var writer = new ForeignWriter(Fixed.Vault, examples.Keys.Device, Fixed.DataLog);
        byte[] items = OperationList.Encode([ForeignWriter.Put("items", "a", "1"), ForeignWriter.Put("items", "b", "2")]), notes = OperationList.Encode([ForeignWriter.Put("notes", "a", "3")]);
        var first = writer.Write(examples.Epoch, examples.Lane.Heads, Examples.Time, [(examples.Items, items)]);
        var second = writer.Write(examples.Epoch, examples.Lane.Heads, Examples.Time + 65_536, [(examples.Items, items), (examples.Keys.Genesis.TagOf("notes"), notes)], [new(Fixed.Counting(5))], CommitFlags.Atomic);
        Case("first commit of a log, one block", first.Commit, first.Bundle.Blocks, items);
        Case("second commit: two blocks, a dep, atomic", second.Commit, second.Bundle.Blocks, items, notes);
        file.Case("refused: deps out of order", ("record", Refused(examples, first.Commit.Header with { Dependencies = [new(Fixed.Counting(5)), new(Fixed.Counting(4))] })))
            .Case("refused: no members", ("record", Refused(examples, first.Commit.Header with { Members = [] })))
            .Case("refused: sequence 1 with a commit before it", ("record", Refused(examples, first.Commit.Header with { Previous = new(Fixed.Counting(5)) })))
            .Case("refused: a timestamp of 2^63", ("record", Refused(examples, first.Commit.Header with { Timestamp = new(HybridTimestamp.Limit) })));

        void Case(string name, Commit commit, IReadOnlyList<byte[]> blocks, params byte[][] plains)
        {
            Assert.True(Commit.Decode(commit.Record).Verify(SignatureVerifier.Instance));
            file.Case(name, ("plains", plains), ("blocks", blocks), ("header", commit.Header.Encode()), ("id", commit.Id), ("record", commit.Record));
        }
    }

    private static byte[] Refused(Examples examples, CommitHeader header)
    {
        byte[] record = Commit.Create(header, bytes => examples.Keys.Device.Sign(bytes)).Record;
        Assert.Throws<VaultFormatException>(() => Commit.Decode(record));
        return record;
    }
}
