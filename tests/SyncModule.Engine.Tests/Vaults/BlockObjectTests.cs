using System.Text;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Maintenance;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Tests.Nodes;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>Blocks that are too long to stand beside their commit (format-1 §3, docs/decisions/120): written, waited for, kept and swept.</summary>
public sealed class BlockObjectTests
{
    private static readonly HashSet<ObjectAddress> Nothing = [];

    [Fact]
    public void The_longest_blocks_are_objects_and_the_others_stand_beside_the_commit()
    {
        using var desk = new MemoryVault();
        var author = desk.Open();
        using var laptop = desk.AddReplica(author, "laptop");
        var receiver = laptop.Open();
        var commit = Write(author, "round", ("small", 10, 100), ("medium", 250, 4000), ("large", 600, 4000), ("larger", 900, 4000));
        var blocks = HeaderOf(author, commit).Blocks;
        Assert.Equal(4, blocks.Count);
        Assert.Equal(2, blocks.Count(b => b.Size == SealedBlocks.MinSize));
        Assert.InRange(blocks.Sum(b => b.Size), 1_000_000, 1_500_000); // medium and small
        receiver.TakeCommits(author);
        Assert.Empty(receiver.Items());
        Assert.Equal(2, receiver.TakeObjects(author));
        AssertShows(receiver, "round", ("small", 10), ("medium", 250), ("large", 600), ("larger", 900));
        Assert.Equal(author.Digest(), receiver.Digest());
        Assert.True(author.StateFitsLog());
        Assert.True(receiver.StateFitsLog());

        // Who reads the log after all gets it from there: another process, and an index that is made again.
        var other = desk.Open();
        AssertShows(other, "round", ("small", 10), ("medium", 250), ("large", 600), ("larger", 900));
        other.RemakeIndex();
        Assert.Equal(author.Digest(), other.Digest());
        Assert.Empty(other.WantedObjects(10, Nothing));
    }

    [Fact]
    public void A_commit_waits_until_the_last_of_its_objects_is_here()
    {
        using var desk = new MemoryVault();
        var author = desk.Open();
        using var laptop = desk.AddReplica(author, "laptop");
        var receiver = laptop.Open();
        author.Put("before", "stands");
        author.MostInlineBytes = 0;
        Write(author, "first", ("a", 5, 10), ("b", 5, 10));
        author.MostInlineBytes = CommitBuilder.MostInlineBytes;
        Write(author, "second", ("a", 3, 10));
        receiver.TakeCommits(author);
        for (int here = 0; here < 2; here++)
        {
            Assert.Equal(["before"], receiver.Items().Select(i => i.Key));
            Assert.False(receiver.IsFull());
            Assert.Equal(2 - here, receiver.WantedObjects(10, Nothing).Count);
            if (here == 1) receiver.RemakeIndex();
            Assert.Equal(2 - here, receiver.WantedObjects(10, Nothing).Count);
            Assert.Equal(1, receiver.TakeObjects(author, most: 1));
        }

        Assert.Equal("second 0", Read(receiver, "a", "k0"));
        Assert.Equal("first 3", Read(receiver, "a", "k3"));
        Assert.Equal("first 4", Read(receiver, "b", "k4"));
        Assert.True(receiver.IsFull());
        Assert.Equal(author.Digest(), receiver.Digest());
        Assert.Equal(2, receiver.History("a", "k0").Count);
    }

    [Fact]
    public async Task The_longest_block_that_there_can_be_crosses_a_session()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        Write(a, "one", ("items", 3650, 4096), ("notes", 3000, 4096)); // the second one is opened right behind the first
        a.Put("items", "behind", Text("it"));
        Assert.Equal(SyncOutcome.Synced, (await pair.SyncAsync(1, 0)).Outcome);
        AssertShows(b, "one", ("items", 3651), ("notes", 3000));
        Assert.Equal(a.Digest(), b.Digest());
        using var joiner = await PairedVaults.JoinAsync(a, "device 2");
        Assert.Equal(a.Digest(), joiner.Vault.Digest());
    }

    [Fact]
    public async Task The_object_of_a_block_goes_with_its_commit_and_not_before()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        a.MostInlineBytes = 0;
        for (int round = 0; round < 6; round++) Write(a, "round " + round, ("items", 20, 100), ("notes", 20, 100));
        Write(a, "last", ("items", 10, 3000)); // half of the items stand as they were written in the round before
        await pair.SyncAsync(1, 0);
        Assert.Equal(13, a.Status().Objects);
        Assert.True(a.PlanPrune(history: false).IsNothing);
        a.MakeCheckpoint(withSnapshot: true);
        await pair.SyncAsync(1, 0);
        var digest = a.Digest();
        var told = Prune(a);
        Assert.Equal((5, 10), (told.Commits, told.Objects));
        Assert.Equal(digest, a.Digest());
        Assert.Equal("last 3", Read(a, "items", "k3"));
        Assert.Equal("round 5 13", Read(a, "items", "k13"));
        Assert.Equal("round 5 7", Read(a, "notes", "k7"));
        Assert.True(a.StateFitsLog());
        Assert.Empty(Verifier.Run(a, new VerifyOptions(ReadData: true)).Damaged);
        Assert.True(a.PlanPrune(history: true).IsNothing);

        // A new device starts from the checkpoint, whose own blocks are objects too.
        using var joiner = await PairedVaults.JoinAsync(a, "device 2");
        Assert.Equal(a.Digest(), joiner.Vault.Digest());
        Assert.True(joiner.Vault.IsFull());
        Assert.Equal("round 5 13", Read(joiner.Vault, "items", "k13"));
        Assert.True(joiner.Vault.StateFitsLog());
        Write(b, "then", ("items", 20, 10));
        await pair.SyncAsync(1, 0);
        Assert.Equal(a.Digest(), b.Digest());
    }

    // Another process has made the index anew, and this one has not noticed.
    [Fact]
    public void The_objects_are_listed_in_the_index_that_takes_the_commit()
    {
        using var test = new MemoryVault();
        var (one, other) = (test.Open(), test.Open());
        one.Put("before", "one");
        test.Stores.DeleteIndex();
        other.Put("made anew", "by the other");
        Assert.Equal("by the other", other.GetText("made anew"));
        one.MostInlineBytes = 0;
        Write(one, "one", ("items", 20, 100));
        Assert.Equal("one 3", Read(one, "items", "k3"));
        Assert.Equal("one 3", Read(other, "items", "k3"));
        Assert.True(other.StateFitsLog());
    }

    // Its end is not synced (docs/decisions/115): where that is lost, the pack is closed first, and the log goes on.
    [Fact]
    public void After_a_power_cut_right_behind_it_the_same_log_goes_on()
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        vault.MostInlineBytes = 0;
        var header = HeaderOf(vault, Write(vault, "last", ("items", 20, 100)));
        test.Disk.PowerCut(_ => 0);
        test.Stores.DeleteIndex();
        var after = test.Open();
        Assert.Equal("last 3", Read(after, "items", "k3"));
        after.Put("later", "goes on");
        Assert.Equal(header.Sequence + 1, after.AppliedVector().Sequence(header.Log));
    }

    // What the commit names is not known then, and would go with what nobody names.
    [Fact]
    public async Task While_the_object_of_a_block_is_damaged_nothing_is_concluded_from_what_it_does_not_say()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        a.Put("items", "long", new MemoryStream(Noise(300_000)));
        a.MostInlineBytes = 0;
        using (var transaction = a.Begin())
        {
            transaction.Put("items", "long", new MemoryStream(Noise(400_000)));
            transaction.Put("items", "short", Text("short"));
            transaction.Commit();
        }

        Write(a, "notes", ("notes", 20, 100));
        a.MostInlineBytes = CommitBuilder.MostInlineBytes;
        await pair.SyncAsync(1, 0);
        await pair.SyncAsync(1, 0);
        var digest = a.Digest();
        var damaged = DamageBlockObjects(pair[0].Folder, a);
        pair[0].Reopen();
        a = pair[0].Vault;
        Assert.Equal(digest, a.Digest());
        Assert.Equal(SyncErrors.ObjectDamaged, Assert.Throws<SyncException>(() => Read(a, "notes", "k3")).Kind);
        Assert.Equal(SyncErrors.ObjectDamaged, Assert.Throws<SyncException>(() => Prune(a)).Kind);
        Assert.Equal(SyncErrors.ObjectDamaged, Assert.Throws<SyncException>(() => a.MakeCheckpoint(withSnapshot: true)).Kind);
        Assert.Equal(SyncErrors.ObjectDamaged, Assert.Throws<SyncException>(() => a.ItemsAt(DateTimeOffset.UtcNow.AddMinutes(1))).Kind);
        Assert.Equal(damaged, Verifier.Run(a, new VerifyOptions(ReadData: true)).DamagedObjects.Count);

        // Without a peer it waits; what is written meanwhile does not wait with it.
        var alone = await Repairer.RunAsync(a, new NodeOptions(), null);
        Assert.True(alone.StillWanted > 0);
        a.Put("items", "meanwhile", Text("shows"));
        Assert.Equal("shows", Read(a, "items", "meanwhile"));
        Assert.Equal(Noise(300_000), a.Get("long"));
        using var node = new SyncNode(a, new NodeOptions { Folder = pair[0].Folder });
        Assert.Equal(SyncOutcome.Synced, (await node.SyncAsync([pair.Address(1)], new SyncRequest())).Outcome);
        Assert.Equal("short", Read(a, "items", "short"));
        Assert.Equal(Noise(400_000), a.Get("long"));
        Assert.Equal("notes 19", Read(a, "notes", "k19"));
        Assert.Equal(b.Digest(), a.Digest());
        Assert.True(a.StateFitsLog());
        Assert.Empty(Verifier.Run(a, new VerifyOptions(ReadData: true)).Damaged);
    }

    // A session was cut between commit and object, and nobody has the object any more.
    [Fact]
    public async Task A_commit_whose_object_was_swept_everywhere_is_stood_for_by_the_checkpoint()
    {
        await using var three = await PairedVaults.CreateAsync(3);
        var (a, b, c) = (three[0].Vault, three[1].Vault, three[2].Vault);
        a.Put("items", "start", Text("start"));
        await three.SyncAsync(1, 0);
        await three.SyncAsync(2, 0);
        c.Put("items", "of c", Text("written while away"));
        a.MostInlineBytes = 0;
        Write(a, "swept", ("items", 20, 100));
        a.MostInlineBytes = CommitBuilder.MostInlineBytes;
        Write(a, "stands", ("items", 20, 100));
        c.TakeCommits(a);
        Assert.Null(c.Find("items", "k3"));
        a.Retire(c.Device);
        await three.SyncAsync(1, 0);
        a.MakeCheckpoint(withSnapshot: true);
        Assert.Equal(1, Prune(a).Commits);
        await three.SyncAsync(1, 0);
        Prune(b);
        await three.SyncAsync(2, 0);
        await three.SyncAsync(2, 0);
        await three.SyncAsync(1, 0);
        Assert.Equal("stands 3", Read(c, "items", "k3"));
        Assert.Equal("written while away", Read(a, "items", "of c"));
        Assert.True(c.IsFull());
        Assert.Equal(a.Digest(), c.Digest());
        Assert.Equal(a.Digest(), b.Digest());
        Assert.True(c.StateFitsLog());

        // Also when its log is written anew.
        using (var sink = c.NewSink())
        {
            for (int i = 0; i < 40; i++) sink.Store(ObjectKind.Chunk, Noise(60_000 + i));
            sink.Complete();
        }

        Assert.True(c.Prune(history: false).Objects > 0);
        Assert.Equal(a.Digest(), c.Digest());
        Assert.True(c.IsFull());
        Assert.True(c.StateFitsLog());
        Write(c, "c", ("items", 3, 10));
        await three.SyncAsync(2, 0);
        Assert.Equal(a.Digest(), c.Digest());
        Assert.Equal("c 1", Read(a, "items", "k1"));
    }

    private static CommitId Write(Vault vault, string text, params (string Collection, int Items, int Bytes)[] parts)
    {
        using var transaction = vault.Begin();
        foreach (var (collection, items, bytes) in parts)
        {
            for (int i = 0; i < items; i++) transaction.Put(collection, "k" + i, Value($"{text} {i}", bytes));
        }

        var commit = transaction.Commit().Commit!.Value;
        vault.UpdateIndex();
        return commit;
    }

    // The text, and noise behind it.
    private static MemoryStream Value(string text, int bytes)
    {
        byte[] head = Encoding.UTF8.GetBytes(text + "\n");
        return new([.. head, .. Noise(Math.Max(0, bytes - head.Length))]);
    }

    private static void AssertShows(Vault vault, string text, params (string Collection, int Items)[] parts)
    {
        foreach (var (collection, items) in parts)
        {
            Assert.Equal(items, vault.ItemsOf(collection).Count());
            Assert.Equal($"{text} 7", Read(vault, collection, "k7"));
        }
    }

    private static CommitHeader HeaderOf(Vault vault, CommitId commit) => Commit.Decode(vault.ReadBundle(commit, withSmallObjects: false)!.Record).Header;

    private static string Read(Vault vault, string collection, string key)
    {
        byte[] bytes = [.. vault.ReadValue(vault.ValueOf(vault.Find(collection, key)!)).SelectMany(p => p)];
        int end = Array.IndexOf(bytes, (byte)'\n');
        return Encoding.UTF8.GetString(bytes, 0, end < 0 ? bytes.Length : end);
    }

    // A bit of each object that holds a block, where it stands; how many there are.
    private static int DamageBlockObjects(string folder, Vault vault)
    {
        var row = (CommitId id) => vault.FindCommit(id)!;
        var blocks = vault.CommitsBehind(Lane.Data, new VersionVector()).SelectMany(id => vault.BlockObjectsOf(row(id))).ToList();
        foreach (var location in vault.Locate(blocks))
        {
            string file = Path.Combine(folder, "packs", location!.Value.Pack + ".pack");
            byte[] bytes = File.ReadAllBytes(file);
            bytes[location.Value.Offset + 40] ^= 1;
            File.WriteAllBytes(file, bytes);
        }

        return blocks.Count;
    }

    // The other side of a sync may be ending its session still.
    private static PruneResult Prune(Vault vault)
    {
        for (int left = 100; ; left--)
        {
            try
            {
                return vault.Prune(history: true);
            }
            catch (SyncException e) when (e.Kind == SyncErrors.VaultBusy && left > 0)
            {
                Thread.Sleep(50);
            }
        }
    }

    private static MemoryStream Text(string text) => new(Encoding.UTF8.GetBytes(text));

    private static byte[] Noise(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }
}
