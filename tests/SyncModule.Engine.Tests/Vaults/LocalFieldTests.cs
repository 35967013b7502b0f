using System.Text;
using SyncModule.Engine.Maintenance;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Tests.Nodes;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>Fields that stay on the device where they were written (docs/decisions/103).</summary>
public sealed class LocalFieldTests
{
    private const string Secret = "only-here-7f3a";

    [Fact]
    public async Task Each_device_sees_its_own_and_none_leaves_it()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        a.SetPolicy("items", new() { Local = ["/path", "/cache"] });
        a.PutObject("items", "app", Json($$$"""{"name":"n","path":"{{{Secret}}}","cache":{"a":1,"b":2}}"""));
        await pair.SyncAsync(1, 0);
        Assert.Equal($$$"""{"cache":{"a":1,"b":2},"name":"n","path":"{{{Secret}}}"}""", Read(a));
        Assert.Equal("""{"name":"n"}""", Read(b));
        Assert.Equal(["/cache", "/path"], b.PolicyOf("items").LocalPaths.Order(StringComparer.Ordinal));
        Assert.False(b.PolicyOf("items").HasUnknown);
        b.Patch("items", "app", Fields(("/path", "\"b\""), ("/name", "\"m\"")));
        await pair.SyncAsync(1, 0);
        Assert.Equal($$$"""{"cache":{"a":1,"b":2},"name":"m","path":"{{{Secret}}}"}""", Read(a));
        Assert.Equal("""{"name":"m","path":"b"}""", Read(b));
        Assert.Equal(a.Digest(), b.Digest());
        long commits = a.Status().Commits;
        a.Patch("items", "app", Fields(("/cache/a", null), ("/cache/b", "3")));
        Assert.Equal(commits, a.Status().Commits); // nothing is sent, not even that something changed
        Assert.Equal($$$"""{"cache":{"b":3},"name":"m","path":"{{{Secret}}}"}""", Read(a));
        a.PutObject("items", "app", Json("""{"name":"m"}"""));
        Assert.Equal("""{"name":"m"}""", Read(a)); // a whole object is what it says
        b.Delete("items", ["app"]);
        b.PutObject("items", "app", Json("""{"name":"again"}"""));
        Assert.Equal("""{"name":"again"}""", Read(b));
    }

    // What opens the vault opens them; nothing else on the disk shows them.
    [Fact]
    public void They_are_sealed_on_the_disk_and_stay_through_a_restart()
    {
        using var test = TestVault.Create();
        test.Vault.SetPolicy("items", new() { Local = ["/"] });
        test.Vault.PutObject("items", "app", Json($$$"""{"path":"{{{Secret}}}"}"""));
        using var other = test.Open();
        Assert.Contains(Secret, Read(other), StringComparison.Ordinal);
        foreach (string file in Directory.EnumerateFiles(test.Folder, "*", SearchOption.AllDirectories)) Assert.True(Shared(file).AsSpan().IndexOf(Encoding.UTF8.GetBytes(Secret)) < 0, file);

        static byte[] Shared(string file)
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
    }

    [Fact]
    public void What_would_send_one_is_refused_by_every_way()
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        vault.SetPolicy("items", new() { Local = ["/path"] });
        vault.PutObject("items", "app", Json("""{"n":1}"""));
        var digest = vault.Digest();
        Refused(() => vault.Put("whole", """{"path":"x"}"""));
        Refused(() => vault.Put("deep", """{"path":{"x":1}}"""));
        Refused(() => vault.PutMany("items", [new("long", new byte[5000])])); // it cannot be looked into when it is written
        Refused(() => vault.Increment("items", "app", [new("/path/n", 1)]));
        Refused(() => vault.SetCounter("items", "app", "/path", 1));
        Refused(() => vault.ChangeSet("items", "app", "/path", [Json("1")], []));
        using (var transaction = vault.Begin())
        {
            Refused(() => transaction.Put("items", new PutValue("whole", Json("""{"path":"x"}"""))));
            Refused(() => transaction.Increment("items", "app", [new("/path", 1)]));
        }

        Assert.Equal(digest, vault.Digest());
        vault.Put("text", "no object");
        vault.Put("other", """{"name":{"path":1}}""");
        Assert.Equal(SyncErrors.PolicyInvalid, Assert.Throws<SyncException>(() => vault.SetPolicy("items", new() { Local = ["path"] })).Kind);

        static void Refused(Action send) => Assert.Equal(SyncErrors.FieldStaysLocal, Assert.Throws<SyncException>(send).Kind);
    }

    [Fact]
    public void A_transaction_shows_them_and_keeps_them_with_its_commit_alone()
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        vault.SetPolicy("items", new() { Local = ["/path"] });
        vault.PutObject("items", "app", Json("""{"n":1,"path":"old"}"""));
        using (var transaction = vault.Begin())
        {
            transaction.Patch("items", "app", Fields(("/path", "\"new\"")));
            transaction.PutObject("items", "made", Json("""{"path":"p"}"""));
            Assert.Equal("""{"n":1,"path":"new"}""", Read(transaction));
            Assert.Equal("""{"n":1,"path":"old"}""", Read(vault));
        }

        Assert.Equal("""{"n":1,"path":"old"}""", Read(vault));
        using (var transaction = vault.Begin())
        {
            transaction.Patch("items", "app", Fields(("/path", null), ("/n", "2")));
            transaction.PutObject("items", "made", Json("""{"path":"p"}"""));
            transaction.Commit();
        }

        Assert.Equal("""{"n":2}""", Read(vault));
        Assert.Equal("""{"path":"p"}""", Read(vault, "made"));
        using (var transaction = vault.Begin())
        {
            transaction.Delete("items", "made");
            transaction.PutObject("items", "made", Json("{}"));
            transaction.Commit();
        }

        Assert.Equal("{}", Read(vault, "made"));
    }

    // What was sent before the setting is out; it can be removed, and what the item was at a time shows none of this device's.
    [Fact]
    public void A_setting_hides_nothing_that_was_sent_and_ends_when_it_is_taken_back()
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        vault.PutObject("items", "app", Json("""{"path":"sent","n":1}"""));
        vault.SetPolicy("items", new() { Local = ["/path"] });
        Assert.Equal("""{"n":1,"path":"sent"}""", Read(vault));
        vault.Patch("items", "app", Fields(("/path", "\"mine\"")));
        Assert.Equal("""{"n":1,"path":"mine"}""", Read(vault));
        Assert.Equal("""{"n":1,"path":"sent"}""", Read(vault.At(DateTimeOffset.UtcNow.AddYears(100))));
        vault.SetPolicy("items", new() { Plain = ["/path"] });
        vault.Patch("items", "app", Fields(("/path", "\"open\"")));
        Assert.Equal("""{"n":1,"path":"open"}""", Read(vault.At(DateTimeOffset.UtcNow.AddYears(100))));
    }

    // The process ends at each call in turn that changes something: what is sent and what stays are both there, or neither is.
    [Theory]
    [InlineData("patch")]
    [InlineData("object")]
    [InlineData("transaction")]
    [InlineData("delete")]
    public void A_kill_leaves_both_parts_of_a_change_or_none(string how)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int at = 1; ; at++)
        {
            using var test = new MemoryVault();
            var first = test.Open();
            first.SetPolicy("items", new() { Local = ["/path"] });
            first.PutObject("items", "app", Json("""{"n":1,"path":"old"}"""));
            first.Dispose();
            var stores = new EndingStores(test.Stores, test.Disk, at);
            var vault = test.OpenToEnd(stores);
            try
            {
                stores.Begin();
                Change(vault, how);
            }
            catch (SimulatedCrashException)
            {
                // as it was meant
            }

            bool ended = stores.HasEnded;
            stores.Kill();
            test.Disk.FaultHook = null;
            var after = test.Open();
            bool isThere = after.Find("items", "app")!.IsAlive;
            string shown = isThere ? Read(after) : "";
            string[] wanted = how == "delete" ? [""] : ["""{"n":2,"path":"new"}"""];
            Assert.Contains(shown, wanted.Append("""{"n":1,"path":"old"}"""));
            seen.Add(shown);
            using (var look = test.Stores.Local.Begin(write: false))
            {
                Assert.Empty(look.Scan(LocalTables.FieldJournal));
                Assert.Equal(isThere ? 1 : 0, look.Count(LocalTables.Field));
            }

            if (!ended) break;
            Assert.True(at < 100);
        }

        Assert.Equal(2, seen.Count);

        static void Change(Vault vault, string how)
        {
            switch (how)
            {
                case "patch":
                    vault.Patch("items", "app", Fields(("/n", "2"), ("/path", "\"new\"")));
                    break;
                case "object":
                    vault.PutObject("items", "app", Json("""{"n":2,"path":"new"}"""));
                    break;
                case "transaction":
                    using (var transaction = vault.Begin())
                    {
                        transaction.Patch("items", "app", Fields(("/n", "2"), ("/path", "\"new\"")));
                        transaction.Commit();
                    }

                    break;
                default:
                    vault.Delete("items", ["app"]);
                    break;
            }
        }
    }

    [Fact]
    public void A_change_that_is_refused_leaves_no_part_and_no_note()
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        vault.SetPolicy("items", new() { Local = ["/path"], Policy = "first-writer-wins" });
        vault.PutObject("items", "app", Json("""{"n":1,"path":"old"}"""));
        Assert.Equal(SyncErrors.ItemExists, Assert.Throws<SyncException>(() => vault.Patch("items", "app", Fields(("/n", "2"), ("/path", "\"new\"")))).Kind);
        Assert.Equal(SyncErrors.ValueTooLarge, Assert.Throws<SyncException>(() => vault.Patch("items", "other", Fields(("/n", "2"), ("/path", '"' + new string('x', LocalFields.MaxBytes) + '"')))).Kind);
        Assert.Null(vault.Find("items", "other")); // found before the commit, not behind it
        vault.Patch("items", "app", Fields(("/n", "3"), ("/path", "\"newer\"")), overwrite: true);
        Assert.Equal("""{"n":3,"path":"newer"}""", Read(vault));
        Assert.Equal("""{"n":3,"path":"newer"}""", Read(test.Open()));
        using var look = test.Stores.Local.Begin(write: false);
        Assert.Empty(look.Scan(LocalTables.FieldJournal));
    }

    // What a crash left is finished over a row that has rotted meanwhile: the vault opens, and a repair makes it count.
    [Fact]
    public async Task A_note_over_a_row_that_rotted_keeps_no_vault_from_opening()
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        vault.SetPolicy("items", new() { Local = ["/path"] });
        vault.PutObject("items", "app", Json("""{"n":1,"path":"old"}"""));
        var before = test.Stores.Local.Snapshot();
        byte[] key = [], note = [];
        // As a crash behind the commit leaves it: the note, and the row as it was, with a bit that has rotted.
        vault.Fields.With([new("items", "app", Fields(("/path", "\"new\"")), Whole: false)], () =>
        {
            using var look = test.Stores.Local.Begin(write: false);
            (key, note) = (look.Scan(LocalTables.FieldJournal).Single().Key, look.Scan(LocalTables.FieldJournal).Single().Value);
            return 0;
        });
        vault.Patch("items", "app", Fields(("/n", "3")));
        test.Stores.Local.Restore(before);
        using (var transaction = test.Stores.Local.Begin(write: true))
        {
            var (row, bytes) = transaction.Scan(LocalTables.Field).Single();
            bytes[^1] ^= 1;
            transaction.Put(LocalTables.Field, row, bytes);
            transaction.Put(LocalTables.FieldJournal, key, note);
            transaction.Commit();
        }

        var after = test.Open();
        Assert.Equal(SyncErrors.LocalStateDamaged, Assert.Throws<SyncException>(() => Read(after)).Kind);
        await Repairer.RunAsync(after, new NodeOptions(), null);
        Assert.Equal("""{"n":3,"path":"new"}""", Read(test.Open()));
    }

    // Another process that is in the middle of a change is left alone, and asked nothing.
    [Fact]
    public void Who_opens_the_vault_does_not_finish_what_somebody_is_in_the_middle_of()
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        vault.SetPolicy("items", new() { Local = ["/path"] });
        vault.PutObject("items", "app", Json("""{"path":"old"}"""));
        int notes = 0;
        vault.Fields.With([new("items", "app", Fields(("/path", "\"new\"")), Whole: false)], () =>
        {
            var other = test.Open();
            using var look = test.Stores.Local.Begin(write: false);
            notes = look.Scan(LocalTables.FieldJournal).Count();
            Assert.Equal("""{"path":"old"}""", Read(other));
            return 0;
        });
        Assert.Equal(1, notes);
        Assert.Equal("""{"path":"new"}""", Read(vault));
    }

    private static ReadOnlyMemory<byte> Json(string text) => Encoding.UTF8.GetBytes(text);

    private static Dictionary<string, ReadOnlyMemory<byte>?> Fields(params (string Path, string? Json)[] fields) => fields.ToDictionary(f => f.Path, f => f.Json is null ? (ReadOnlyMemory<byte>?)null : Json(f.Json), StringComparer.Ordinal);

    private static string Read(IItemView view, string key = "app") => Encoding.UTF8.GetString([.. view.ReadValue(view.ValueOf(view.Find("items", key)!)).SelectMany(p => p)]);
}
