using System.Text;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Files;
using SyncModule.Engine.Tests.Nodes;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>Policies of collections through the log, the index, real sessions and the writer.</summary>
public sealed class PolicyVaultTests
{
    [Fact]
    public async Task A_manual_conflict_waits_on_both_sides_until_a_person_decides_and_two_who_decide_at_once_end_it()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        Assert.True(a.SetPolicy("items", new() { Policy = "manual", Patterns = ["db/*"] }));
        Assert.False(a.SetPolicy("items", new() { Policy = "manual", Patterns = ["db/*"] }));
        a.Put("db/pass", "old");
        await pair.SyncAsync(1, 0);
        foreach (var (vault, name) in new[] { (a, "a"), (b, "b") })
        {
            vault.Put("db/pass", name);
            vault.Put("other", name);
        }

        var round = await pair.SyncAsync(1, 0);
        Assert.Equal((SyncOutcome.Conflicts, 2, 1), (round.Outcome, round.ExitCode, round.Conflicts));
        Assert.Equal(MergeRecords.Encode(a.MergeRecords()), MergeRecords.Encode(b.MergeRecords()));
        Assert.Equal(a.Digest(), b.Digest());
        foreach (var vault in new[] { a, b })
        {
            Assert.Equal(1, vault.Conflicts());
            Assert.Equal(2, vault.Status().Items);
            var item = vault.Find("items", "db/pass")!;
            Assert.Equal(ItemStatus.Conflict, View.Of(item).Status);
            Assert.True(ItemFacts.Of(vault, item).IsWaiting);
            var error = Assert.Throws<SyncException>(() => vault.ValueOf(item));
            Assert.Equal(SyncErrors.ConflictWaits, error.Kind);
            Assert.All(item.Item!.Heads, h => Assert.Contains(VersionId.Of(h.Dot), error.Detail, StringComparison.Ordinal));
            Assert.Equal(SyncErrors.ConflictWaits, Assert.Throws<SyncException>(() => vault.Put("db/pass", "blind")).Kind);
            Assert.Equal(SyncErrors.ConflictWaits, Assert.Throws<SyncException>(() => vault.Delete("items", ["db/pass"])).Kind);
            Assert.Single(vault.MergeRecords(), r => r.IsWaiting);
            Assert.All(ItemHistory.Of(vault, "items", "db/pass").Take(2), v => Assert.Equal((VersionState.Competing, "changed on device 0 and device 1 at once"), (v.State, v.Why)));
        }

        string folder = Directory.CreateTempSubdirectory("policy").FullName;
        var export = FolderExport.Run(a, folder, new());
        Assert.Equal(SyncErrors.ConflictWaits.Id, Assert.Single(export.Problems).ErrorId);
        Assert.Equal(["other"], Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(Path.GetFileName));
        Directory.Delete(folder, recursive: true);

        a.Resolve("items", "db/pass", Version(a, "a"));
        b.Resolve("items", "db/pass", Version(b, "b"));
        round = await pair.SyncAsync(1, 0);
        Assert.Equal((SyncOutcome.Synced, 0, 0), (round.Outcome, round.ExitCode, round.Conflicts));
        Assert.Equal(a.GetText("db/pass"), b.GetText("db/pass"));
        Assert.Equal(MergeRecords.Encode(a.MergeRecords()), MergeRecords.Encode(b.MergeRecords()));
        Assert.DoesNotContain(a.MergeRecords(), r => r.IsWaiting);
        Assert.True(a.StateFitsLog());
        Assert.True(b.StateFitsLog());
    }

    [Fact]
    public async Task A_policy_that_arrives_later_changes_what_shows_and_nothing_of_the_items()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        a.Put("both", "first");
        await Task.Delay(5); // two writes in one millisecond have no order by time
        b.Put("both", "second");
        b.Put("gone", "x");
        await pair.SyncAsync(1, 0);
        a.Put("gone", "y");
        await Task.Delay(5);
        b.Delete("items", ["gone"]);
        await pair.SyncAsync(1, 0);
        Assert.Equal("second", a.GetText("both"));
        Assert.Equal(1, a.Status().Items); // the deletion came last
        byte[] before = a.Find("items", "both")!.Encode();
        a.SetPolicy("items", new() { Policy = "first-writer-wins" });
        Assert.Equal("first", a.GetText("both"));
        Assert.Equal(2, a.Status().Items);
        Assert.Equal(before, a.Find("items", "both")!.Encode());
        Assert.Equal(2, a.MergeRecords().Count(r => r is { State: MergeState.Open, Rule: MergeRule.FirstWriterWins }));
        await pair.SyncAsync(1, 0);
        Assert.Equal("first", b.GetText("both"));
        Assert.Equal(2, b.Status().Items);
        Assert.Equal(a.Digest(), b.Digest());

        b.SetPolicy("items", new() { Policy = "authority-wins", Authority = "device 1" });
        await pair.SyncAsync(1, 0);
        Assert.Equal("second", a.GetText("both"));
        Assert.Equal(1, a.Status().Items);
        Assert.Contains(a.MergeRecords(), r => r is { Rule: MergeRule.Authority, By: MergeAuthor.Authority });
        Assert.Equal(MergeRecords.Encode(a.MergeRecords()), MergeRecords.Encode(b.MergeRecords()));
        Assert.True(a.StateFitsLog());
        Assert.True(b.StateFitsLog());
    }

    [Fact]
    public void Where_the_first_writer_wins_an_item_is_created_once()
    {
        using var test = TestVault.Create();
        var vault = test.Vault;
        vault.SetPolicy("items", new() { Policy = "first-writer-wins", Patterns = ["keys/*"] });
        vault.Put("keys/a", "1");
        Assert.Equal(SyncErrors.ItemExists, Assert.Throws<SyncException>(() => vault.Put("keys/a", "2")).Kind);
        Assert.Equal(SyncErrors.ItemExists, Assert.Throws<SyncException>(() => vault.PutMany("items", [new("keys/a", "3"u8.ToArray())])).Kind);
        Assert.Equal(SyncErrors.ItemExists, Assert.Throws<SyncException>(() => vault.PutObject("items", "keys/a", "{}"u8.ToArray())).Kind);
        Assert.Equal("1", vault.GetText("keys/a"));
        // Both in one call: the second sees the first.
        Assert.Equal(SyncErrors.ItemExists, Assert.Throws<SyncException>(() => vault.PutMany("items", [new("keys/b", "1"u8.ToArray()), new("keys/b", "2"u8.ToArray())])).Kind);
        Assert.Null(vault.Find("items", "keys/b"));
        vault.PutMany("items", [new("keys/a", "4"u8.ToArray()) { Overwrite = true }]);
        Assert.Equal("4", vault.GetText("keys/a"));
        vault.Delete("items", ["keys/a"]);
        vault.Put("keys/a", "5");
        Assert.Equal("5", vault.GetText("keys/a"));
        vault.Put("free", "1");
        vault.Put("free", "2");
        Assert.True(vault.StateFitsLog());
    }

    [Fact]
    public async Task Fields_changed_apart_stand_together_and_a_record_tells_whose_they_are()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        a.SetPolicy("items", new() { Policy = "field-merge", Sets = ["/tags"], Counters = ["/hits"] });
        a.PutObject("items", "app", Json("""{"url":"a","retries":1,"tags":["x"],"hits":3}"""));
        await pair.SyncAsync(1, 0);
        a.PutObject("items", "app", Json("""{"url":"a","retries":2,"tags":["x","y"],"hits":3}"""));
        b.PutObject("items", "app", Json("""{"url":"b","retries":1,"tags":["x","z"],"hits":3}"""));
        a.Increment("items", "app", [new("/hits", 1)]);
        b.Increment("items", "app", [new("/hits", 2)]);
        await pair.SyncAsync(1, 0);
        Assert.Equal("""{"hits":6,"retries":2,"tags":["x","y","z"],"url":"b"}""", Read(a, "app"));
        Assert.Equal(Read(a, "app"), Read(b, "app"));
        var record = Assert.Single(a.MergeRecords());
        Assert.Equal(MergeRule.FieldMerge, record.Rule);
        Assert.Contains("url from device 1", Explanation.Reason(record, a.DeviceName), StringComparison.Ordinal);
        Assert.Contains("retries from device 0", Explanation.Reason(record, a.DeviceName), StringComparison.Ordinal);
        Assert.Equal(MergeRecords.Encode(a.MergeRecords()), MergeRecords.Encode(b.MergeRecords()));
        Assert.Equal(0, a.Conflicts());
        Assert.True(a.StateFitsLog());
        // The next change saw both.
        b.Patch("items", "app", new Dictionary<string, ReadOnlyMemory<byte>?> { ["/url"] = Json("\"c\"") });
        Assert.DoesNotContain(b.MergeRecords(), r => r.State == MergeState.Open);
    }

    [Fact]
    public void What_cannot_be_set_is_refused_with_its_reason()
    {
        using var test = TestVault.Create();
        PolicyChange[] wrong =
        [
            new() { Policy = "votes" }, new() { Policy = "authority-wins" }, new() { Policy = "server-wins", Authority = "nobody" }, new() { Policy = "manual", Authority = "x" },
            new() { Patterns = ["a*"] }, new() { Sets = ["tags"] }, new() { Sets = ["/a"], Counters = ["/a"] }, new() { Policy = "manual", Patterns = [""] }, new(),
        ];
        Assert.All(wrong, change => Assert.Equal(SyncErrors.PolicyInvalid, Assert.Throws<SyncException>(() => test.Vault.SetPolicy("items", change)).Kind));
        Assert.Null(test.Vault.FindCollection("items"));
    }

    [Fact]
    public void A_policy_is_seen_at_once_by_the_next_write_and_by_another_process_and_outlives_its_index()
    {
        using var one = new MemoryVault();
        var vault = one.Open();
        vault.SetPolicy("keys", new() { Policy = "first-writer-wins", Sets = ["/tags"] });
        vault.PutObject("keys", "a", Json("""{"tags":[1]}"""));
        vault.SetPolicy("keys", new() { Plain = ["/tags"] });
        Assert.Equal(["keys"], vault.CollectionNames());
        one.Stores.DeleteIndex();
        vault = one.Open();
        Assert.Equal(PolicyRule.FirstWriterWins, vault.PolicyOf("keys").For("x").Rule);
        Assert.Empty(vault.PolicyOf("keys").SetPaths);
        Assert.Single(vault.Find("keys", "a")!.Sets);
        Assert.Equal(SyncErrors.ItemExists, Assert.Throws<SyncException>(() => vault.PutObject("keys", "a", Json("""{"x":1}"""))).Kind);
    }

    private static string Version(Vault vault, string text) =>
        vault.History("items", "db/pass").Single(v => v.IsPresent && Encoding.UTF8.GetString([.. vault.ReadValue(vault.FindVersion("items", "db/pass", v.VersionId).Operation.Value!).SelectMany(p => p)]) == text).VersionId;

    private static ReadOnlyMemory<byte> Json(string text) => Encoding.UTF8.GetBytes(text);

    private static string Read(Vault vault, string key) =>
        Encoding.UTF8.GetString([.. vault.ReadValue(vault.ValueOf(vault.Find("items", key)!)).SelectMany(p => p)]);
}
