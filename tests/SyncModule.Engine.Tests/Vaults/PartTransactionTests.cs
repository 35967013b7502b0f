using System.Text;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Tests.Nodes;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>Changes of fields, counters, sets, trees and owners within a transaction: it shows what it leaves, and leaves what the same changes one by one leave.</summary>
public sealed class PartTransactionTests
{
    private static readonly string[] Paths = ["/a", "/a/b", "/n", "/s", "/d"];

    // The same changes at the same start, one by one in one vault and as one commit in another, which another replica then reads.
    [Fact]
    public void Any_changes_together_leave_what_they_leave_one_by_one()
    {
        for (int seed = 0; seed < 250; seed++)
        {
            var random = new Random(seed);
            using var apart = new MemoryVault();
            using var together = new MemoryVault();
            var (one, many) = (apart.Open(), together.Open());
            using var laptop = together.AddReplica(many, "laptop");
            for (int i = random.Next(8); i > 0; i--)
            {
                var change = Change.Draw(random);
                Assert.Equal(change.To(one), change.To(many));
            }

            var story = new List<string>();
            using (var transaction = many.Begin(atomic: seed % 2 == 0))
            {
                for (int i = 1 + random.Next(8); i > 0; i--)
                {
                    var change = Change.Draw(random);
                    story.Add(change.ToString());
                    Assert.Equal((seed, change.To(one)), (seed, change.To(transaction)));
                    Assert.True(Shown(one) == Shown(transaction), $"{seed}: {string.Join("; ", story)}:\n{Shown(one)}\nin the transaction\n{Shown(transaction)}");
                }

                transaction.Commit();
            }

            Assert.True(Shown(one) == Shown(many), $"{seed}: {string.Join("; ", story)}:\n{Shown(one)}\nin the commit\n{Shown(many)}");
            Assert.Empty(many.MergeRecords());
            // What is counted and added from here on finds the same.
            var further = Change.Draw(random);
            Assert.Equal(further.To(one), further.To(many));
            Assert.True(Shown(one) == Shown(many), $"{seed}: {string.Join("; ", story)}; then {further}:\n{Shown(one)}\nbehind the commit\n{Shown(many)}");
            Assert.True(many.StateFitsLog());
            var receiver = laptop.Open();
            receiver.Receive([.. many.CommitsBehind(Lane.Data, receiver.HeldVector(Lane.Data)).Select(id => many.ReadBundle(id, withSmallObjects: false)!)]);
            Assert.Equal(many.Digest(), receiver.Digest());
            Assert.Equal(Shown(many), Shown(receiver));
        }
    }

    [Fact]
    public async Task Fields_counters_and_sets_of_a_transaction_stand_beside_what_somebody_else_does_to_others()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        a.PutObject("items", "app", Json("""{"n":1,"tags":["x"],"url":"old"}"""));
        a.ChangeSet("items", "app", "/tags", [Json("\"y\"")], []);
        await pair.SyncAsync(1, 0);
        using (var transaction = a.Begin())
        {
            transaction.Patch("items", "app", Fields("/url", "\"a\""));
            transaction.Increment("items", "app", [new("/n", 2)]);
            transaction.Increment("items", "app", [new("/n", 3)]);
            transaction.ChangeSet("items", "app", "/tags", [Json("\"z\"")], [Json("\"x\"")]);
            transaction.PutObject("notes", "n", Json("""{"text":"t"}"""));
            var result = transaction.Commit();
            Assert.Equal((5, 2, 0), (result.Operations, result.Puts, result.Deletes));
        }

        b.Increment("items", "app", [new("/n", 10)]);
        b.Patch("items", "app", Fields("/user", "\"b\""));
        b.ChangeSet("items", "app", "/tags", [Json("\"w\"")], []);
        await pair.SyncAsync(1, 0);
        foreach (var vault in new[] { a, b })
        {
            Assert.Equal("""{"n":16,"tags":["w","y","z"],"url":"a","user":"b"}""", Read(vault, "items", "app"));
            Assert.Equal("""{"text":"t"}""", Read(vault, "notes", "n"));
            Assert.Equal(a.Digest(), vault.Digest());
        }
    }

    [Fact]
    public async Task A_tree_goes_with_other_changes_and_takes_neither_what_is_written_behind_it_nor_what_others_write()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        foreach (string key in (string[])["docs", "docs/1", "docs/2", "docs2", "other"]) a.Put(key, "old");
        await pair.SyncAsync(1, 0);
        b.Put("docs/2", "edited meanwhile");
        b.Put("docs/new", "new meanwhile");
        using (var transaction = a.Begin())
        {
            transaction.Put("items", "docs/own", new MemoryStream("goes with it"u8.ToArray()));
            Assert.Equal(4, transaction.DeleteTree("items", "docs"));
            Assert.Equal(["docs2", "other"], transaction.ItemsOf("items").Select(i => i.Key));
            Assert.False(transaction.Find("items", "docs/1")!.IsAlive);
            Assert.Equal(0, transaction.DeleteTree("items", "docs"));
            Assert.False(transaction.Delete("items", "docs/1"));
            transaction.Put("items", "docs/1", new MemoryStream("again"u8.ToArray()));
            transaction.Increment("items", "docs/counter", [new("/n", 1)]);
            Assert.Equal(["docs/1", "docs/counter", "docs2", "other"], transaction.ItemsOf("items").Select(i => i.Key));
            var result = transaction.Commit();
            Assert.Equal((5, 2, 1), (result.Operations, result.Puts, result.Deletes));
        }

        Assert.Equal(["docs/1", "docs/counter", "docs2", "other"], Names(a));
        Assert.True(a.StateFitsLog());
        await pair.SyncAsync(1, 0);
        foreach (var vault in new[] { a, b })
        {
            Assert.Equal(["docs/1", "docs/2", "docs/counter", "docs/new", "docs2", "other"], Names(vault));
            Assert.Equal("edited meanwhile", vault.GetText("docs/2"));
            Assert.Equal(6, vault.Status().Items);
            Assert.True(vault.StateFitsLog());
        }

        Assert.Equal(a.Digest(), b.Digest());
    }

    [Fact]
    public void What_belongs_to_somebody_else_or_gets_an_owner_is_refused_where_it_is_asked_for()
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        using var laptop = test.AddReplica(vault, "laptop");
        vault.Own("volumes", "disk");
        vault.Put("volumes", "disk/1", new MemoryStream("x"u8.ToArray()));
        vault.Own("volumes", "disk", laptop.Open().Device);
        using (var transaction = vault.Begin())
        {
            Assert.Equal(SyncErrors.NotOwner, Refused(() => transaction.Put("volumes", "disk/1", new MemoryStream())));
            Assert.Equal(SyncErrors.NotOwner, Refused(() => transaction.Increment("volumes", "disk", [new("/n", 1)])));
            Assert.Equal(SyncErrors.NotOwner, Refused(() => transaction.DeleteTree("volumes", "disk")));
            Assert.True(transaction.Own("volumes", "tape"));
            Assert.Equal(SyncErrors.NotInTransaction, Refused(() => transaction.Put("volumes", "tape/1", new MemoryStream())));
            transaction.Put("volumes", "other", new MemoryStream("x"u8.ToArray()));
            Assert.Equal(SyncErrors.NotInTransaction, Refused(() => transaction.Own("volumes", "other")));
            Assert.Equal(2, transaction.Commit().Operations);
        }

        Assert.Equal(vault.Device, vault.OwnerOf("volumes", "tape/1"));
        vault.Put("volumes", "tape/1", new MemoryStream("now"u8.ToArray()));
        Assert.Empty(vault.RefusedWrites());
        using var atomic = vault.Begin(atomic: true);
        Assert.Equal(SyncErrors.NotInTransaction, Refused(() => atomic.Own("volumes", "cd")));
        Assert.Equal(SyncErrors.NotInTransaction, Refused(() => atomic.DeleteTree("items", "docs")));
    }

    // The engine's own door is shut too: not every job comes from a transaction.
    [Fact]
    public void A_policy_or_an_owner_in_one_commit_with_what_it_decides_is_refused()
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        long commits = vault.Status().Commits;
        var put = new ItemIntent("items", "k", state => Writes.Put(state, "items", "k", ItemValue.FromBytes("x"u8.ToArray())));
        var policy = new ItemIntent("items", "", _ => null) { BuildAll = (state, _) => [CollectionPolicy.Write(state, "items", new Dictionary<string, byte[]?> { ["/policy"] = ItemPolicy.Of(PolicyRule.Manual).Encode() })!] };
        Assert.Equal(SyncErrors.NotInTransaction, Refused(() => vault.Commit([new([policy, put], []) { OneCommit = true }])));
        Assert.Equal(SyncErrors.NotInTransaction, Refused(() => vault.Commit([new([vault.OwnIntent("items", "", null), put], []) { OneCommit = true }])));
        Assert.Equal(SyncErrors.NotInTransaction, Refused(() => vault.Commit([new([StructuredIntent.RemoveTree("items", "x/"), put], [], Atomic: true)])));
        Assert.Equal(commits, vault.Status().Commits);
        vault.Commit([new([StructuredIntent.RemoveTree("items", "x/"), put], []) { OneCommit = true }]);
        Assert.Equal("x", vault.GetText("k"));
    }

    [Fact]
    public void Policies_are_asked_of_each_change_and_one_that_is_refused_leaves_the_others()
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        vault.SetPolicy("items", new() { Policy = "first-writer-wins" });
        vault.PutObject("items", "app", Json("""{"n":1}"""));
        using var transaction = vault.Begin();
        transaction.Increment("items", "app", [new("/n", 1)]);
        Assert.Equal(SyncErrors.ItemExists, Refused(() => transaction.Patch("items", "app", Fields("/a", "1"))));
        Assert.Equal(SyncErrors.NotStructured, Refused(() => transaction.Patch("items", "app", Fields("/a", "no json"))));
        Assert.Equal(SyncErrors.NameInvalid, Refused(() => transaction.Patch("items", "app", Fields("a", "1"))));
        Assert.Equal(SyncErrors.NotACounter, Refused(() => transaction.Increment("items", "app", [new("/n", 0)])));
        transaction.PutObject("items", "new", Json("{}"));
        Assert.Equal(SyncErrors.NotStructured, Refused(() => transaction.PutObject("items", "new2", Json("[]"))));
        transaction.Commit();
        Assert.Equal("""{"n":2}""", Read(vault, "items", "app"));
        Assert.Equal("{}", Read(vault, "items", "new"));
        Assert.Null(vault.Find("items", "new2"));
    }

    private static SyncErrorKind Refused(Action change) => Assert.Throws<SyncException>(change).Kind;

    private static string[] Names(Vault vault) => [.. vault.Items().Of("items").Select(i => i.Key)];

    private static Dictionary<string, ReadOnlyMemory<byte>?> Fields(string path, string? json) => new() { [path] = json is null ? (ReadOnlyMemory<byte>?)null : Json(json) };

    private static ReadOnlyMemory<byte> Json(string text) => Encoding.UTF8.GetBytes(text);

    private static string Read(IItemView view, string collection, string key) => Encoding.UTF8.GetString([.. view.ReadValue(view.ValueOf(view.Find(collection, key)!)).SelectMany(p => p)]);

    private static string Shown(IItemView view) => string.Join('\n', view.ItemsOf("items").Select(i => $"{i.Key} {StructuredItem.IsStructured(i)} {Read(view, "items", i.Key)} {View.Of(i).Winner!.Metadata?.Text("user.m")}"));

    /// <summary>One change, which a vault and a transaction both can make; text tells what was refused.</summary>
    private sealed record Change(int Kind, string Path, int Number, string Key)
    {
        public static Change Draw(Random random) => new(random.Next(10), Paths[random.Next(Paths.Length)], random.Next(1, 5), random.Next(4) == 0 ? "other" : "item");

        private string Whole => Number switch { 1 => """{"a":{"b":1},"n":3}""", 2 => """{"s":[1,2,3],"n":7}""", 3 => "{}", _ => """{"a":5,"d":"x"}""" };

        private string Leaf => Number switch { 1 => "1", 2 => "\"text\"", 3 => "[1,2]", _ => "null" };

        public string To(Vault vault) => Told(() => _ = Kind switch
        {
            0 => vault.PutMany("items", [new(Key, Json(Whole), new Metadata().With("user.m", Number))]).Commits.Count,
            1 => vault.PutObject("items", Key, Json(Whole)).Commits.Count,
            2 => vault.Delete("items", [Key]).Count,
            3 or 4 => vault.Patch("items", Key, Fields(Path, Number == 4 ? null : Leaf)).Commits.Count,
            5 or 6 => vault.Increment("items", Key, [new(Path, Number)]).Commits.Count,
            7 => vault.SetCounter("items", Key, Path, Number).Commits.Count,
            8 => vault.ChangeSet("items", Key, Path, [Json($"{Number}"), Json("9")], []).Commits.Count,
            _ => vault.ChangeSet("items", Key, Path, [Json("5")], [Json($"{Number}"), Json("9")]).Commits.Count,
        });

        public string To(VaultTransaction transaction) => Told(() =>
        {
            switch (Kind)
            {
                case 0: transaction.Put("items", new PutValue(Key, Json(Whole), new Metadata().With("user.m", Number))); break;
                case 1: transaction.PutObject("items", Key, Json(Whole)); break;
                case 2: transaction.Delete("items", Key); break;
                case 3 or 4: transaction.Patch("items", Key, Fields(Path, Number == 4 ? null : Leaf)); break;
                case 5 or 6: transaction.Increment("items", Key, [new(Path, Number)]); break;
                case 7: transaction.SetCounter("items", Key, Path, Number); break;
                case 8: transaction.ChangeSet("items", Key, Path, [Json($"{Number}"), Json("9")], []); break;
                default: transaction.ChangeSet("items", Key, Path, [Json("5")], [Json($"{Number}"), Json("9")]); break;
            }
        });

        private static string Told(Action change)
        {
            try
            {
                change();
                return "done";
            }
            catch (SyncException e)
            {
                return e.Kind.Id;
            }
        }
    }
}
