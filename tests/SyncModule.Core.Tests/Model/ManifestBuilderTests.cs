using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Tests.Model;

public class ManifestBuilderTests
{
    [Theory]
    [InlineData(2, 1, 0)]
    [InlineData(255, 1, 0)]
    [InlineData(256, 1, 0)]
    [InlineData(257, 3, 1)]
    [InlineData(511, 3, 1)]
    [InlineData(65_536, 257, 1)]
    [InlineData(65_537, 257 + 1 + 1 + 1, 2)]
    public void The_tree_has_the_fewest_manifests_and_walks_back_in_order(int count, int manifests, int rootLevel)
    {
        var (objects, root, total) = Build(count);
        Assert.Equal(manifests, objects.Sealed.Count);
        Assert.Equal(objects.Sealed[^1], root);
        var top = Manifest.Decode(objects.Open(root));
        Assert.Equal(rootLevel, top.Level);
        Assert.Equal(total, top.TotalLength);
        Assert.InRange(top.References.Count, 2, 256);
        Assert.Equal(Enumerable.Range(1, count).Select(Chunk), ManifestWalker.Chunks(root, total, objects.Open));
    }

    [Fact]
    public void No_chunk_gives_an_empty_manifest()
    {
        var (objects, root, total) = Build(0);
        Assert.Equal(0, total);
        Assert.Equal(new Manifest(0, 0, []), Manifest.Decode(objects.Open(root)));
        Assert.Empty(ManifestWalker.Chunks(root, 0, objects.Open));
    }

    [Fact]
    public void One_chunk_is_its_own_root()
    {
        var (objects, root, total) = Build(1);
        Assert.Empty(objects.Sealed);
        Assert.Equal(Chunk(1), root);
        Assert.Equal([root], ManifestWalker.Chunks(root, total, objects.Open));
    }

    [Fact]
    public void Equal_chunks_give_equal_manifests_and_one_more_changes_only_the_right_edge()
    {
        var (first, root, _) = Build(3_001);
        var (second, again, _) = Build(3_001);
        Assert.Equal(first.Sealed, second.Sealed);
        Assert.Equal(root, again);
        var (longer, _, _) = Build(3_002);
        Assert.Equal(2, longer.Sealed.Except(first.Sealed).Count());
    }

    [Fact]
    public void Memory_is_bounded_by_fan_out_times_depth()
    {
        var objects = new FakeObjects();
        var builder = new ManifestBuilder(objects.Seal);
        int most = 0;
        for (int i = 1; i <= 66_000; i++)
        {
            builder.Add(Chunk(i));
            most = Math.Max(most, builder.Pending);
        }

        Assert.InRange(most, 255, 255 * 3);
    }

    [Fact]
    public void Wrong_use_is_refused()
    {
        var objects = new FakeObjects();
        var builder = new ManifestBuilder(objects.Seal);
        Assert.Throws<ArgumentException>(() => builder.Add(Chunk(1) with { Kind = ObjectKind.Manifest }));
        Assert.Throws<ArgumentException>(() => builder.Add(Chunk(1) with { Length = 0 }));
        Assert.Throws<ArgumentException>(() => builder.Add(Chunk(1) with { Length = -1 }));
        builder.Add(Chunk(1) with { Length = 70_001 });
        builder.Add(Chunk(2) with { Length = 1 });
        Assert.Throws<ArgumentException>(() => builder.Finish(70_001));
        Assert.Empty(objects.Sealed);
        builder.Finish(70_002);
        Assert.Throws<InvalidOperationException>(() => builder.Finish(70_002));
        Assert.Throws<InvalidOperationException>(() => builder.Add(Chunk(3)));

        var lying = new ManifestBuilder(plaintext => objects.Seal(plaintext) with { Length = plaintext.Length + 1 });
        Assert.Throws<InvalidOperationException>(() => lying.Finish(0));
    }

    [Fact]
    public void A_tree_whose_nodes_contradict_each_other_is_refused_before_the_walk_ends()
    {
        var objects = new FakeObjects();
        var two = objects.Seal(new Manifest(0, 5, [FakeObjects.Chunk(1, 2), FakeObjects.Chunk(2, 3)]).Encode());
        var parent = objects.Seal(new Manifest(1, 10, [two, two]).Encode());
        Assert.Equal(4, ManifestWalker.Chunks(parent, 10, objects.Open).Count());
        Assert.Equal(8, ManifestWalker.Chunks(objects.Seal(new Manifest(2, 20, [parent, parent]).Encode()), 20, objects.Open).Count());

        Refused(parent, 11); // not the length that the operation states
        Refused(FakeObjects.Chunk(1, 2), 3);
        Refused(FakeObjects.Chunk(1, 2) with { Kind = ObjectKind.State }, 2);
        Refused(objects.Seal(new Manifest(1, 9, [two, two]).Encode()), 9); // children hold more
        Refused(objects.Seal(new Manifest(1, 11, [two, two]).Encode()), 11); // children hold less
        Refused(objects.Seal(new Manifest(2, 10, [two, two]).Encode()), 10); // a level is missing
        Refused(objects.Seal(new Manifest(1, 10, [parent]).Encode()), 10); // the same level again
        Refused(objects.Seal(new Manifest(1, 5, [two, objects.Seal(new Manifest(0, 0, []).Encode())]).Encode()), 5); // an empty child

        void Refused(ObjectReference root, long total)
        {
            long given = 0;
            Assert.Throws<VaultFormatException>(() =>
            {
                foreach (var chunk in ManifestWalker.Chunks(root, total, objects.Open)) given += chunk.Length;
            });
            Assert.InRange(given, 0, total);
        }
    }

    // Odd lengths, so that a chunk that is left out or swapped shows in the totals.
    private static ObjectReference Chunk(int number) => FakeObjects.Chunk(number, 1 + (number % 8_191));

    private static (FakeObjects Objects, ObjectReference Root, long Total) Build(int count)
    {
        var objects = new FakeObjects();
        var builder = new ManifestBuilder(objects.Seal);
        for (int i = 1; i <= count; i++) builder.Add(Chunk(i));
        long total = Enumerable.Range(1, count).Sum(i => Chunk(i).Length);
        return (objects, builder.Finish(total), total);
    }
}
