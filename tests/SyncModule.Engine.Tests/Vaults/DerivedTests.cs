using System.Text;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Files;
using SyncModule.Engine.Maintenance;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Tests.Nodes;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>Collections that each device computes for itself (docs/decisions/125).</summary>
public sealed class DerivedTests
{
    private const string Name = "search";

    [Fact]
    public async Task Each_device_has_its_own_content_and_both_are_equal_replicas()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        a.Put("one", "first");
        Assert.True(a.SetPolicy(Name, new() { Derived = true }));
        await pair.SyncAsync(1, 0);
        Assert.True(b.PolicyOf(Name).IsDerived);
        Assert.False(b.PolicyOf(Name).HasUnknown);
        Assert.Contains(Name, b.CollectionNames());
        Make(a, ("x", "of a"), ("y", "of a"));
        Make(b, ("x", "of b"));
        Assert.Equal(["x=of a", "y=of a"], Content(a));
        Assert.Equal(["x=of b"], Content(b));
        var states = (a.DerivedOf(Name)!, b.DerivedOf(Name)!);
        Assert.Equal((2, 1, false, false), (states.Item1.Items, states.Item2.Items, states.Item1.IsStale, states.Item2.IsStale));
        var commits = a.Status().Commits;
        await pair.SyncAsync(1, 0);
        Assert.Equal((commits, commits), (a.Status().Commits, b.Status().Commits));
        Assert.Equal(a.Digest(), b.Digest());
        Assert.Equal(a.Status().Items, b.Status().Items);
        Assert.Equal(["x=of b"], Content(b));
        b.Put("two", "second");
        Assert.True(b.DerivedOf(Name)!.IsStale);
        Assert.False(a.DerivedOf(Name)!.IsStale);
        await pair.SyncAsync(1, 0);
        Assert.True(a.DerivedOf(Name)!.IsStale);
        Assert.Equal(["x=of a", "y=of a"], Content(a)); // it stands until there is another one
        Make(a, ("z", "anew"));
        Assert.Equal(["z=anew"], Content(a));
        Assert.False(a.DerivedOf(Name)!.IsStale);
        Assert.Null(a.DerivedOf("items"));
        Assert.Equal([Name], a.DerivedStates().Select(s => s.Collection));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(4_096)]
    [InlineData(4_097)]
    [InlineData(DerivedItem.MaxBytes)]
    public void Values_read_like_any_others(int size)
    {
        using var test = Declared(out var vault);
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        using (var build = vault.BeginDerived(Name))
        {
            build.Add("k", bytes, new Metadata().With("kind", "text").With("user.n", 7));
            build.Complete();
        }

        var again = test.Open();
        using var transaction = again.Begin();
        foreach (var view in new IItemView[] { vault, again, transaction })
        {
            foreach (var item in new[] { view.Find(Name, "k")!, Assert.Single(view.ItemsOf(Name)), Assert.Single(vault.Items()), Assert.Single(vault.FindAll(Name, ["k"]))! })
            {
                Assert.True(item.IsAlive);
                Assert.Equal(bytes, Vault.Whole(view, view.ValueOf(item)).ToArray());
                var facts = ItemFacts.Of(view, item);
                Assert.Equal((true, (long)size, "", true, 1, vault.Device), (facts.IsDerived, facts.Bytes, facts.Version, facts.IsHere, facts.Versions, facts.Device));
                Assert.Equal("text", facts.Metadata!.Text("kind"));
                Assert.InRange(facts.Modified, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(1));
            }
        }
    }

    [Fact]
    public void What_is_too_large_or_has_no_name_is_refused_and_the_others_can_go_on()
    {
        using var test = Declared(out var vault);
        using var build = vault.BeginDerived(Name);
        build.Add("a", Text("1"));
        Assert.Equal(SyncErrors.ValueTooLarge, Assert.Throws<SyncException>(() => build.Add("b", new byte[DerivedItem.MaxBytes + 1])).Kind);
        Assert.Equal(SyncErrors.NameInvalid, Assert.Throws<SyncException>(() => build.Add("", Text("1"))).Kind);
        build.Add("a", Text("2"));
        Assert.Equal(1, build.Complete().Items);
        Assert.Equal(["a=2"], Content(vault));
        Assert.Throws<ObjectDisposedException>(() => build.Add("c", Text("3")));
    }

    [Fact]
    public void Nothing_is_written_into_it_by_any_way()
    {
        using var test = Declared(out var vault);
        Make(vault, ("k", "computed"));
        vault.Put("other", "1");
        var digest = vault.Digest();
        Refused(() => vault.Put(Name, "k", new MemoryStream([1])));
        Refused(() => vault.Put(Name, "k", new MemoryStream([1]), overwrite: true));
        Refused(() => vault.PutMany(Name, [new("a", new byte[1])]));
        Refused(() => vault.PutObject(Name, "a", Text("{}")));
        Refused(() => vault.Patch(Name, "a", new Dictionary<string, ReadOnlyMemory<byte>?> { ["/x"] = Text("1") }));
        Refused(() => vault.Increment(Name, "a", [new("/n", 1)]));
        Refused(() => vault.ChangeSet(Name, "a", "/s", [Text("1")], []));
        Refused(() => vault.Delete(Name, ["k"]));
        Refused(() => vault.RemoveTree(Name, "k"));
        Refused(() => new ItemCopier(vault, vault, sameVault: true).Copy([new(vault.Find("items", "other")!, Name, "k")]));
        string folder = Directory.CreateTempSubdirectory("syncmodule-test-").FullName;
        File.WriteAllText(Path.Combine(folder, "f"), "x");
        Refused(() => FolderImport.Run(vault, folder, new ImportOptions { Collection = Name }));
        Refused(() => FolderExport.Run(vault, folder, new ExportOptions { Collection = Name }));
        Directory.Delete(folder, recursive: true);
        using (var transaction = vault.Begin())
        {
            Refused(() => transaction.Put(Name, new PutValue("a", new byte[1])));
            Refused(() => transaction.Delete(Name, "k"));
            Refused(() => transaction.DeleteTree(Name, "k"));
            transaction.Put("items", new PutValue("fine", new byte[1]));
            transaction.Commit();
        }

        vault.Delete("items", ["fine"]);
        Assert.Equal(digest.State, vault.Digest().State);
        Assert.Equal(["k=computed"], Content(vault));
        Assert.Equal(SyncErrors.ItemNotFound, Assert.Throws<SyncException>(() => vault.History(Name, "k")).Kind);
        Assert.Empty(vault.MergeRecords(Name, "k"));
        Assert.Null(vault.At(DateTimeOffset.UtcNow.AddYears(50)).Find(Name, "k"));
        Assert.Equal(SyncErrors.CollectionNotDerived, Assert.Throws<SyncException>(() => vault.BeginDerived("items")).Kind);

        static void Refused(Action write) => Assert.Equal(SyncErrors.CollectionDerived, Assert.Throws<SyncException>(write).Kind);
    }

    [Fact]
    public void A_copy_of_one_is_an_item_like_others()
    {
        using var test = Declared(out var vault);
        Make(vault, ("long", new string('v', 9_000)), ("short", "s"));
        var results = new ItemCopier(vault, vault, sameVault: true).Copy([.. vault.ItemsOf(Name).Select(i => new CopyRequest(i, "items", i.Key))]);
        Assert.All(results, r => Assert.Null(r.Error));
        Assert.Equal(new string('v', 9_000), vault.GetText("long"));
        Assert.Equal("s", vault.GetText("short"));
        Assert.False(ItemFacts.Of(vault, vault.Find("items", "long")!).IsDerived);
        Make(vault);
        Assert.Equal(new string('v', 9_000), vault.GetText("long"));
    }

    [Fact]
    public void A_collection_that_was_written_into_becomes_none_before_its_items_are_gone()
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        vault.Put(Name, "k", new MemoryStream([1]));
        Assert.Equal(SyncErrors.CollectionHasItems, Assert.Throws<SyncException>(() => vault.SetPolicy(Name, new() { Derived = true })).Kind);
        Assert.Equal(SyncErrors.CollectionHasItems, Assert.Throws<SyncException>(() => vault.CheckPolicy(Name, new() { Derived = true })).Kind);
        vault.Delete(Name, ["k"]);
        vault.SetPolicy(Name, new() { Derived = true });
        Make(vault, ("k", "computed")); // in the place of a deletion
        Assert.Equal(["k=computed"], Content(vault));
        Assert.Equal("computed", Value(vault, vault.Find(Name, "k")!));
        Assert.Equal("computed", Value(vault, vault.Items().Single(i => i.IsAlive)));
        Assert.False(vault.SetPolicy(Name, new() { Derived = true }));
        Assert.True(vault.SetPolicy(Name, new() { Derived = false }));
        Assert.Empty(Content(vault));
        vault.Put(Name, "w", new MemoryStream([1]));
        vault.Delete(Name, ["w"]);
        vault.SetPolicy(Name, new() { Derived = true });
        Assert.Empty(Content(vault)); // it does not come back
        Assert.Null(vault.DerivedOf(Name)!.Made);
    }

    [Fact]
    public async Task What_a_device_wrote_that_did_not_know_shows_and_is_told()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        b.Put(Name, "k", new MemoryStream(Encoding.UTF8.GetBytes("written")));
        b.Put(Name, "gone", new MemoryStream([1]));
        b.Delete(Name, ["gone"]);
        a.SetPolicy(Name, new() { Derived = true });
        Make(a, ("gone", "computed"), ("k", "computed"), ("m", "computed"));
        Assert.Equal(0, a.WrittenInto(Name));
        await pair.SyncAsync(1, 0);
        Assert.Equal(["gone=computed", "k=written", "m=computed"], Content(a));
        Assert.Equal("written", Value(a, a.Find(Name, "k")!));
        Assert.Equal("computed", Value(a, a.Find(Name, "gone")!));
        Assert.Equal((1, 1), (a.WrittenInto(Name), b.WrittenInto(Name)));
        Assert.Single(a.History(Name, "k"));
        Assert.Equal(["k=written"], Content(b));
        Assert.Equal(a.Digest(), b.Digest());
        Make(b, ("k", "hidden"), ("n", "computed"));
        Assert.Equal(["k=written", "n=computed"], Content(b));
        // It goes as it came.
        b.SetPolicy(Name, new() { Derived = false });
        b.Delete(Name, ["k"]);
        b.SetPolicy(Name, new() { Derived = true });
        await pair.SyncAsync(1, 0);
        Assert.Equal(["gone=computed", "k=computed", "m=computed"], Content(a));
    }

    [Fact]
    public void What_was_given_up_leaves_the_old_content_and_no_row()
    {
        using var test = Declared(out var vault);
        Make(vault, ("a", "old"), ("b", "old"));
        long rows = Rows(test);
        using (var build = vault.BeginDerived(Name))
        {
            foreach (int i in Enumerable.Range(0, 5_000)) build.Add("k" + i, Text("new"));
            Assert.Equal(["a=old", "b=old"], Content(vault));
            Assert.True(Rows(test) > rows); // beside it, and not in memory
        }

        Assert.Equal(["a=old", "b=old"], Content(vault));
        Assert.Equal(rows, Rows(test));
        Make(vault, [.. Enumerable.Range(0, 5_000).Select(i => ("k" + i, "new"))]);
        Assert.Equal(5_000, vault.ItemsOf(Name).Count());
        Assert.Equal(5_000, Rows(test));
        var old = vault.Find(Name, "k7")!;
        Make(vault, ("k7", new string('x', 100)));
        Assert.Equal(SyncErrors.ContentNotHere, Assert.Throws<SyncException>(() => vault.ReadValue(ItemValue.Elsewhere(View.Of(old).Winner!.Dot, 100)).ToList()).Kind);
        Assert.Equal(1, Rows(test));
    }

    // The process ends at each disk call in turn, those of local.db's transactions among them: the content is the old one or the new one, as a whole.
    [Fact]
    public void A_kill_leaves_the_old_content_or_the_new_one()
    {
        using var test = Declared(out var first);
        Make(first, ("a", "old"), ("b", "old"));
        var start = test.Stores.Local.Snapshot();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int at = 1; ; at++)
        {
            test.Stores.Local.Restore(start);
            var stores = new EndingStores(test.Stores, test.Disk, at);
            var vault = test.OpenToEnd(stores);
            try
            {
                stores.Begin();
                using var build = vault.BeginDerived(Name);
                foreach (int i in Enumerable.Range(0, 2_500)) build.Add("k" + i, Text("new"));
                build.Complete();
            }
            catch (SimulatedCrashException)
            {
                // as it was meant
            }

            bool ended = stores.HasEnded;
            stores.Kill();
            var after = test.Open();
            string content = string.Join(' ', Content(after).Take(3));
            Assert.True(content is "a=old b=old" or "k0=new k1=new k10=new", content);
            Assert.Equal(content[0] == 'a' ? 2 : 2_500, after.ItemsOf(Name).Count());
            seen.Add(content);
            Make(after, ("c", "next"));
            Assert.Equal(["c=next"], Content(after));
            Assert.Equal(1, Rows(test));
            if (!ended) break;
            Assert.True(at < 100);
        }

        Assert.Equal(2, seen.Count);
    }

    [Fact]
    public void Two_contents_are_not_made_at_once_and_several_collections_stand_side_by_side()
    {
        using var test = Declared(out var vault);
        vault.SetPolicy("counts", new() { Derived = true });
        Make(vault, ("a", "1"));
        using (var build = vault.BeginDerived("counts"))
        {
            build.Add("n", Text("2"));
            build.Complete();
        }

        Assert.Equal(["a=1"], Content(vault));
        Assert.Equal("2", Value(vault, vault.Find("counts", "n")!));
        Assert.Equal(["counts", Name], vault.Items().Select(i => i.Collection));
        Assert.Equal(2, Rows(test));
        Make(vault);
        Assert.Equal(["counts"], vault.Items().Select(i => i.Collection));
        Assert.Equal((0, false), (vault.DerivedOf(Name)!.Items, vault.DerivedOf(Name)!.IsStale));
    }

    [Fact]
    public void What_changed_while_it_was_computed_makes_it_stale_again()
    {
        using var test = Declared(out var vault);
        var before = vault.AppliedVector();
        using (var build = vault.BeginDerived(Name))
        {
            vault.Put("late", "1");
            Assert.True(build.Complete().IsStale);
        }

        using (var build = vault.BeginDerived(Name, before)) Assert.True(build.Complete().IsStale);
        using (var build = vault.BeginDerived(Name)) Assert.False(build.Complete().IsStale);
    }

    [Fact]
    public void A_watch_tells_what_is_to_be_made_anew_and_once_what_never_was()
    {
        using var test = Declared(out var vault);
        vault.SetPolicy("never", new() { Derived = true });
        Make(vault, ("a", "1"));
        vault.Put("x", "1");
        var watch = new DerivedWatch(vault);
        Assert.Equal(["never", Name], Names(watch)); // also who has just started
        Assert.Empty(Names(watch));
        vault.Put("x", "2");
        Assert.Equal([Name], Names(watch));
        using (var build = vault.BeginDerived(Name))
        {
            vault.Put("x", "3");
            Assert.Equal([Name], Names(watch));
            build.Complete();
        }

        Assert.Equal([Name], Names(watch)); // made, and out of date already
        Make(vault);
        Assert.Empty(Names(watch));

        static IEnumerable<string> Names(DerivedWatch watch) => watch.Take().Select(s => s.Collection);
    }

    [Fact]
    public async Task A_row_that_rots_is_told_and_the_vault_reads_on_until_it_is_made_anew()
    {
        using var test = Declared(out var vault);
        vault.Put("other", "1");
        Make(vault, ("a", "1"), ("b", "2"));
        using (var transaction = test.Stores.Local.Begin(write: true))
        {
            var (key, row) = transaction.Scan(LocalTables.Derived).First();
            row[^1] ^= 1;
            transaction.Put(LocalTables.Derived, key, row);
            transaction.Commit();
        }

        Assert.Equal(["other"], vault.Items().Select(i => i.Key));
        Assert.Contains(Verifier.Run(vault, new()).Damaged, d => d.What.Contains("computed", StringComparison.Ordinal));
        Assert.Equal(1, new[] { "a", "b" }.Count(k => Kind(() => vault.Find(Name, k)) == SyncErrors.LocalStateDamaged));
        await Repairer.RunAsync(vault, new NodeOptions(), null);
        Assert.Null(vault.DerivedOf(Name)!.Made);
        Assert.True(vault.DerivedOf(Name)!.IsStale);
        Make(vault, ("a", "1"));
        Assert.Equal(["a=1"], Content(vault));
        Assert.Empty(Verifier.Run(vault, new()).Damaged);

        static SyncErrorKind? Kind(Func<object?> read)
        {
            try
            {
                return read() is null ? null : null;
            }
            catch (SyncException e)
            {
                return e.Kind;
            }
        }
    }

    [Fact]
    public void A_list_that_was_given_before_is_not_given_again_after_a_new_content()
    {
        using var test = Declared(out var vault);
        Make(vault, ("a", "1"));
        var list = vault.ItemsAgain();
        Assert.Same(list, vault.ItemsAgain());
        Make(test.Open(), ("b", "1")); // another process
        Assert.Equal(["b=1"], Content(vault));
        vault.Put("x", "1");
        vault.Meeting(Name, ["b"], item => Assert.Equal("1", Value(vault, item!)));
    }

    private static MemoryVault Declared(out Vault vault)
    {
        var test = new MemoryVault();
        vault = test.Open();
        vault.SetPolicy(Name, new() { Derived = true });
        return test;
    }

    private static void Make(Vault vault, params (string Key, string Value)[] items)
    {
        using var build = vault.BeginDerived(Name);
        foreach (var (key, value) in items) build.Add(key, Text(value));
        build.Complete();
    }

    private static IEnumerable<string> Content(Vault vault) => vault.ItemsOf(Name).Select(i => i.Key + "=" + Value(vault, i));

    private static string Value(IItemView view, KeyState item) => Encoding.UTF8.GetString(Vault.Whole(view, view.ValueOf(item)).Span);

    private static ReadOnlyMemory<byte> Text(string text) => Encoding.UTF8.GetBytes(text);

    private static long Rows(MemoryVault test)
    {
        using var look = test.Stores.Local.Begin(write: false);
        return look.Count(LocalTables.Derived);
    }
}

internal static class DerivedTestExtensions
{
    /// <summary>Reads items as a transaction that is going to change others does.</summary>
    public static void Meeting(this Vault vault, string collection, IReadOnlyList<string> keys, Action<KeyState?> look)
    {
        using var transaction = vault.Begin();
        transaction.Meet(collection, keys);
        foreach (string key in keys) look(transaction.Find(collection, key));
    }
}
