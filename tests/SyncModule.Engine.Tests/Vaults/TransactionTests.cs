using System.Text;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>Many changes as one commit: whole or nothing here, on a failing disk and on every replica (format-1 §3, §7).</summary>
public sealed class TransactionTests
{
    private static readonly string[] Collections = ["items", "notes", "tags"];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Changes_of_several_collections_are_one_commit(bool atomic)
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        vault.Put("old", "gone soon");
        long before = vault.Status().Commits;
        using var transaction = vault.Begin(atomic);
        transaction.Put("items", "a", Text("one"));
        transaction.Put("notes", "a", Text("two"), new Metadata().With("user.k", "v"));
        transaction.Put("tags", "b", Text("three"));
        Assert.True(transaction.Delete("items", "old"));
        Assert.False(transaction.Delete("items", "never"));
        Assert.Equal(before, vault.Status().Commits);
        var result = transaction.Commit();
        Assert.Equal((4, 3, 1), (result.Operations, result.Puts, result.Deletes));
        Assert.Equal(before + 1, vault.Status().Commits);
        var header = Commit.Decode(vault.ReadBundle(result.Commit!.Value, withSmallObjects: false)!.Record).Header;
        Assert.Equal((3, atomic ? CommitFlags.Atomic : CommitFlags.None), (header.Blocks.Count, header.Flags));
        Assert.Equal(["one", "two", "three"], new[] { ("items", "a"), ("notes", "a"), ("tags", "b") }.Select(n => TextOf(vault, n.Item1, n.Item2)));
        Assert.False(vault.Find("items", "old")!.IsAlive);
        Assert.Throws<ObjectDisposedException>(() => transaction.Commit());
        Assert.Throws<ObjectDisposedException>(() => transaction.Put("items", "late", Text("x")));
    }

    [Fact]
    public void It_sees_its_own_changes_and_nobody_else_does()
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        foreach (string key in (string[])["b", "d", "f"]) vault.Put(key, "kept " + key);
        byte[] medium = Noise(20_000), large = Noise(3_000_000);
        string line = new('x', 500); // stands in its operation, not in the state
        using var transaction = vault.Begin();
        transaction.Put("items", "a", Text("first"));
        transaction.Put("items", "a", Text(line));
        transaction.Put("items", "c", new MemoryStream(medium));
        transaction.Put("items", "e", new MemoryStream(large));
        transaction.Put("items", "f", Text("new f"));
        transaction.Put("items", "g", Text("never"));
        transaction.Delete("items", "b");
        transaction.Delete("items", "g");
        transaction.Put("notes", "other", Text("collection"));
        Assert.Equal(["a", "c", "d", "e", "f"], transaction.ItemsOf("items").Select(i => i.Key));
        Assert.Equal(["a", "b", "c", "d", "e", "f"], transaction.ItemsOf("items", deleted: true).Select(i => i.Key));
        Assert.Equal(["c"], transaction.ItemsOf("items", fits: k => k == "c").Select(i => i.Key));
        Assert.Equal((line, "kept d", "new f"), (TextOf(transaction, "items", "a"), TextOf(transaction, "items", "d"), TextOf(transaction, "items", "f")));
        Assert.Equal(medium, BytesOf(transaction, "items", "c"));
        Assert.Equal(large, BytesOf(transaction, "items", "e"));
        Assert.True(transaction.IsHere(ValueOf(transaction, "items", "e")));
        Assert.Equal("", ItemFacts.Of(transaction, transaction.Find("items", "a")!).Version);
        Assert.Equal(["b", "d", "f"], vault.ItemsOf("items").Select(i => i.Key));
        Assert.Equal("kept f", vault.GetText("f"));
        var result = transaction.Commit();
        Assert.Equal((6, 5, 1), (result.Operations, result.Puts, result.Deletes));
        Assert.Equal(["a", "c", "d", "e", "f"], vault.ItemsOf("items").Select(i => i.Key));
        Assert.Equal(line, vault.GetText("a"));
        Assert.Equal(medium, vault.Get("c"));
        Assert.Equal(large, vault.Get("e"));
        Assert.Single(vault.History("items", "a"));
        Assert.True(vault.IsFull());
    }

    [Fact]
    public void Metadata_and_old_versions_are_written_with_the_rest()
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        string line = new('v', 1000);
        vault.Put("a", line);
        string first = vault.History("items", "a")[0].VersionId;
        vault.Put("a", "second");
        vault.Put("m", line);
        using var transaction = vault.Begin();
        transaction.Restore("items", "a", first);
        transaction.SetMetadata("items", "m", new Metadata().With("user.k", "v"));
        transaction.Put("items", "n", Text("new"));
        transaction.SetMetadata("items", "n", new Metadata().With("user.k", 7));
        Assert.Equal((line, line, "new"), (TextOf(transaction, "items", "a"), TextOf(transaction, "items", "m"), TextOf(transaction, "items", "n")));
        Assert.Equal(SyncErrors.ItemNotFound, Assert.Throws<SyncException>(() => transaction.SetMetadata("items", "nothing", new Metadata())).Kind);
        Assert.Equal(SyncErrors.NameInvalid, Assert.Throws<SyncException>(() => transaction.Put("items", "", Text("x"))).Kind);
        transaction.Commit();
        Assert.Equal((line, line, "new"), (vault.GetText("a"), vault.GetText("m"), vault.GetText("n")));
        Assert.Equal("v", View.Of(vault.Find("items", "m")!).Winner!.Metadata!.Text("user.k"));
        Assert.Equal(7, View.Of(vault.Find("items", "n")!).Winner!.Metadata!.Number("user.k"));
    }

    [Fact]
    public void One_that_is_only_disposed_or_changes_nothing_leaves_nothing()
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        vault.Put("a", "one");
        var (digest, commits) = (vault.Digest().Digest, vault.Status().Commits);
        using (var transaction = vault.Begin())
        {
            transaction.Put("items", "a", Text("two"));
            transaction.Put("items", "long", new MemoryStream(Noise(3_000_000)));
            Assert.Equal(3_000_000, BytesOf(transaction, "items", "long").Length);
        }

        using (var transaction = vault.Begin())
        {
            transaction.Put("items", "b", Text("two"));
            transaction.Delete("items", "b");
            Assert.Equal(new TransactionResult(null, 0, 0, 0), transaction.Commit());
        }

        Assert.Equal((digest, commits), (vault.Digest().Digest, vault.Status().Commits));
        Assert.True(vault.IsFull());
    }

    [Fact]
    public void What_is_too_much_for_one_commit_is_refused_before_anything_is_written()
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        var before = vault.Digest().Digest;
        using (var transaction = vault.Begin())
        {
            var kept = Noise(4096);
            int fit = Fill(transaction, "items", kept, "of each collection");
            Assert.InRange(fit, 3500, 3800);

            // It goes on without what was refused, and smaller values make room.
            Assert.Equal(fit, transaction.Operations);
            transaction.Put("items", "0", Text("short"));
            transaction.Put("items", "last", new MemoryStream(kept));

            // In other collections there is room, until all of them have what a replica opens at once.
            for (int c = 0; c < 3; c++) Fill(transaction, "more" + c, kept, "of each collection");
            Fill(transaction, "rest", kept, "one commit takes 67108864");
            Assert.Equal(before, vault.Digest().Digest);
        }

        using (var transaction = vault.Begin())
        {
            Assert.Equal(VaultTransaction.MostOperations, Fill(transaction, "items", [], "65536 of each collection"));
            transaction.Delete("items", "7");
            transaction.Put("items", "one more", Text("x"));
        }

        using (var transaction = vault.Begin())
        {
            for (int i = 0; i < VaultTransaction.MostCollections; i++) transaction.Put("c" + i, "a", Text("x"));
            Assert.Equal(SyncErrors.TransactionTooLarge, Assert.Throws<SyncException>(() => transaction.Put("one more", "a", Text("x"))).Kind);
            transaction.Delete("c7", "a");
            transaction.Put("one more", "a", Text("x"));
            Assert.Equal(before, vault.Digest().Digest);
            Assert.Equal(VaultTransaction.MostCollections, transaction.Commit().Operations);
        }

        var header = Commit.Decode(vault.ReadBundle(vault.AppliedVector().Logs.Last().Value[^1].Id, withSmallObjects: false)!.Record).Header;
        Assert.Equal(VaultTransaction.MostCollections, header.Blocks.Count);
    }

    [Fact]
    public void A_full_one_can_be_read_by_others()
    {
        using var desk = new MemoryVault();
        var author = desk.Open();
        using var laptop = desk.AddReplica(author, "laptop");
        var receiver = laptop.Open();
        int made = 0;
        using (var transaction = author.Begin(atomic: true))
        {
            try
            {
                for (; ; made++) transaction.Put("c" + (made % 200), "k" + made, new MemoryStream(Noise(3000 + (made % 1000))));
            }
            catch (SyncException e) when (e.Kind == SyncErrors.TransactionTooLarge)
            {
                transaction.Commit();
            }
        }

        Assert.True(made > 15_000);
        receiver.TakeCommits(author);
        Assert.Empty(receiver.Items());
        Assert.True(receiver.TakeObjects(author) > 150);
        Assert.Equal(made, receiver.Items().Count);
        Assert.Equal(author.Digest().Digest, receiver.Digest().Digest);
    }

    [Fact]
    public void Items_that_are_met_together_are_as_if_each_was_read()
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        var other = test.Open();
        vault.Put("a", "start");
        using var transaction = vault.Begin();
        transaction.Put("items", "own", Text("kept"));
        transaction.Meet("items", ["a", "b", "own", "a"]);
        other.Put("a", "theirs");
        Assert.Equal(("start", "kept"), (TextOf(transaction, "items", "a"), TextOf(transaction, "items", "own")));
        transaction.Put("items", "a", Text("ours"));
        Assert.Equal(2, transaction.Commit().Puts);
        Assert.Equal(2, vault.Find("items", "a")!.MostHeads);
    }

    [Fact]
    public void What_somebody_else_wrote_meanwhile_is_not_overwritten_but_competes()
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        var other = test.Open();
        foreach (string key in (string[])["read", "blind", "gone"]) vault.Put(key, "start");
        using var transaction = vault.Begin();
        Assert.Equal("start", TextOf(transaction, "items", "read"));
        Assert.Null(transaction.Find("items", "new"));
        other.Put("read", "theirs");
        other.Put("blind", "theirs");
        other.Put("new", "theirs");
        transaction.Put("items", "read", Text("ours"));
        transaction.Put("items", "blind", Text("ours")); // met now: it replaces what stands now
        transaction.Put("items", "new", Text("ours"));
        transaction.Delete("items", "gone");
        other.Put("gone", "theirs");
        transaction.Commit();
        Assert.Equal((2, 1, 2, 2), (Heads("read"), Heads("blind"), Heads("new"), Heads("gone")));
        Assert.Equal("ours", vault.GetText("blind"));
        Assert.Equal(3, vault.MergeRecords().Count(r => r.State == MergeState.Open));
        int Heads(string key) => vault.Find("items", key)!.MostHeads;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void At_every_call_of_a_failing_disk_it_is_there_whole_or_not_at_all(bool inObjects) => Sweep(inObjects, number => call => call == number ? DiskFault.Failed : null, powerCut: false, 10);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void At_every_call_at_which_power_is_cut_it_is_there_whole_or_not_at_all(bool inObjects) => Sweep(inObjects, number => call => call == number ? DiskFault.Crash : null, powerCut: true, 10);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void At_every_write_of_a_full_disk_it_is_there_whole_or_not_at_all(bool inObjects) => Sweep(inObjects, number => call => call >= number ? DiskFault.ShortWrite(17) : null, powerCut: false, 3, call => call.Operation is "write" or "preallocate");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_reader_of_another_replica_never_sees_a_part_of_it(bool atomic)
    {
        using var desk = TestVault.Create();
        using var replica = await Nodes.PairedVaults.JoinAsync(desk.Vault, "laptop");
        const int Rounds = 40;
        using var done = new CancellationTokenSource();
        int seen = 0;
        var parts = new List<string>();
        var reader = new Thread(() =>
        {
            for (bool last = false; !last;)
            {
                last = done.IsCancellationRequested;
                var values = replica.Vault.Items().Select(i => Encoding.UTF8.GetString([.. replica.Vault.ReadValue(View.Of(i).Winner!.Value!).SelectMany(p => p)])).ToList();
                if (values.Count > 0) seen++;
                if (values.Distinct().Count() > 1 || values.Count is not (0 or 30)) parts.Add(string.Join(",", values));
            }
        });
        reader.Start();
        for (int round = 1; round <= Rounds; round++)
        {
            using var transaction = desk.Vault.Begin(atomic);
            for (int i = 0; i < 30; i++) transaction.Put(Collections[i % 3], "k" + i, Text("round " + round));
            transaction.Commit();
            if (round % 3 == 0) replica.Vault.Receive(Behind(desk.Vault, replica.Vault));
        }

        replica.Vault.Receive(Behind(desk.Vault, replica.Vault));
        await done.CancelAsync();
        reader.Join();
        Assert.Empty(parts);
        Assert.True(seen > 0);
        Assert.Equal(desk.Vault.Digest().Digest, replica.Vault.Digest().Digest);
    }

    // A transaction over two collections with a value in the log and one in a pack, with the given trouble at its first, second, … call.
    // In objects: each of its blocks, as in a transaction that is too long to stand in the log.
    private static void Sweep(bool inObjects, Func<int, Func<int, DiskFault?>> fault, bool powerCut, int leastCalls, Func<DiskCall, bool>? which = null)
    {
        int whole = 0, nothing = 0;
        for (int number = 1; ; number++)
        {
            var test = new MemoryVault();
            var vault = test.Open();
            vault.Put("old", "value");
            vault.Put("tree/a", "stands");
            vault.PutObject("items", "app", Json("""{"n":1,"tags":["x"]}"""));
            vault.UpdateIndex();
            if (inObjects) vault.MostInlineBytes = 0;
            int calls = 0;
            var trouble = fault(number);
            test.Disk.FaultHook = call => which?.Invoke(call) ?? true ? trouble(Interlocked.Increment(ref calls)) : null;
            bool acknowledged = Try(vault);
            test.Disk.FaultHook = null;
            if (powerCut)
            {
                test.Disk.PowerCut(n => number % 2 == 0 ? 0 : n - 1);
                test.Stores.DeleteIndex(); // nobody believes it then: log and packs have to say it
            }

            var after = test.Open();
            var there = new[] { after.Find("items", "a") is not null, after.Find("notes", "b") is not null, after.Find("items", "long") is not null, !after.Find("items", "old")!.IsAlive, !after.Find("items", "tree/a")!.IsAlive, after.Owners("owned").Count == 1, JsonIn(after, "app") == """{"n":3,"tags":["x","y"],"url":"a"}""" };
            Assert.True(there.All(t => t) || !there.Any(t => t), $"call {number}: {string.Join(", ", there)}");
            if (acknowledged) Assert.True(there[0], $"call {number}: it was acknowledged and is gone");
            if (there[0])
            {
                whole++;
                Assert.Equal(600_000, after.Get("long").Length);
                Assert.Equal(5000, BytesOf(after, "notes", "b").Length);
            }
            else
            {
                nothing++;
                Assert.Equal("value", after.GetText("old"));
                Assert.Equal("stands", after.GetText("tree/a"));
                Assert.Equal("""{"n":1,"tags":["x"]}""", JsonIn(after, "app"));
            }

            after.Put("later", "goes on");
            if (calls < number) break;
        }

        Assert.True(nothing >= leastCalls && whole >= 1, $"{nothing} times nothing, {whole} times whole");
    }

    private static bool Try(Vault vault)
    {
        try
        {
            using var transaction = vault.Begin();
            transaction.Put("items", "a", Text("one"));
            transaction.Put("notes", "b", new MemoryStream(Noise(5000)));
            transaction.Put("items", "long", new MemoryStream(Noise(600_000)));
            transaction.Delete("items", "old");
            transaction.Patch("items", "app", new Dictionary<string, ReadOnlyMemory<byte>?> { ["/url"] = Json("\"a\"") });
            transaction.Increment("items", "app", [new("/n", 2)]);
            transaction.ChangeSet("items", "app", "/tags", [Json("\"y\"")], []);
            transaction.DeleteTree("items", "tree");
            transaction.Own("owned", "unit");
            transaction.Commit();
            return true;
        }
        catch (SyncException e)
        {
            Assert.True(e.Kind == SyncErrors.DiskFailed || e.Kind == SyncErrors.DiskFull || e.Kind == SyncErrors.VaultReadOnly, e.ToString());
            return false;
        }
        catch (SimulatedCrashException)
        {
            return false;
        }
    }

    // Puts until one is refused for the reason; how many there are.
    private static int Fill(VaultTransaction transaction, string collection, byte[] value, string reason)
    {
        for (int i = 0; ; i++)
        {
            try
            {
                transaction.Put(collection, i.ToString(System.Globalization.CultureInfo.InvariantCulture), new MemoryStream(value));
            }
            catch (SyncException e) when (e.Kind == SyncErrors.TransactionTooLarge)
            {
                Assert.Contains(reason, e.Detail, StringComparison.Ordinal);
                return i;
            }
        }
    }

    private static ReadOnlyMemory<byte> Json(string text) => Encoding.UTF8.GetBytes(text);

    private static string JsonIn(IItemView view, string key) => Encoding.UTF8.GetString(BytesOf(view, "items", key));

    private static List<CommitBundle> Behind(Vault author, Vault other) =>
        [.. author.CommitsBehind(Lane.Data, other.HeldVector(Lane.Data)).Select(id => author.ReadBundle(id, withSmallObjects: false)!)];

    private static MemoryStream Text(string text) => new(Encoding.UTF8.GetBytes(text));

    private static ItemValue ValueOf(IItemView view, string collection, string key) => view.ValueOf(view.Find(collection, key)!);

    private static byte[] BytesOf(IItemView view, string collection, string key) => [.. view.ReadValue(ValueOf(view, collection, key)).SelectMany(p => p)];

    private static string TextOf(IItemView view, string collection, string key) => Encoding.UTF8.GetString(BytesOf(view, collection, key));

    private static byte[] Noise(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }
}
