using System.Text;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Tests.Nodes;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>Fields, counters, sets and trees through the log, the index and a real session.</summary>
public sealed class StructuredVaultTests
{
    [Fact]
    public void An_object_is_kept_field_by_field_and_read_back_as_json()
    {
        using var one = new MemoryVault();
        var vault = one.Open();
        string large = new('x', 10_000);
        vault.PutObject("items", "app", Json($$"""{"url":"a","deep":{"n":1,"none":null},"list":[1,2],"large":"{{large}}"}"""));
        Assert.Equal($$"""{"deep":{"n":1,"none":null},"large":"{{large}}","list":[1,2],"url":"a"}""", Read(vault, "app"));
        vault.Patch("items", "app", new Dictionary<string, ReadOnlyMemory<byte>?> { ["/deep/n"] = Json("2"), ["/large"] = null });
        Assert.Equal("""{"deep":{"n":2,"none":null},"list":[1,2],"url":"a"}""", Read(vault, "app"));
        Assert.Equal(Read(vault, "app").Length, ItemFacts.Of(vault, vault.Find("items", "app")!).Bytes);
        long commits = vault.Status().Commits;
        vault.PutObject("items", "app", Json("""{"deep":{"n":2,"none":null},"list":[1,2],"url":"a"}"""));
        Assert.Equal(commits, vault.Status().Commits); // nothing changed, nothing is written
        var digest = vault.Digest();
        one.Stores.DeleteIndex();
        Assert.Equal(digest, one.Open().Digest());
    }

    [Fact]
    public void A_value_of_one_piece_becomes_an_object_when_a_field_of_it_is_changed()
    {
        using var test = TestVault.Create();
        test.Vault.Put("app", """{"a":1,"tags":["x"]}""");
        test.Vault.Patch("items", "app", new Dictionary<string, ReadOnlyMemory<byte>?> { ["/b"] = Json("2") });
        test.Vault.ChangeSet("items", "app", "/tags", [Json("\"y\"")], []);
        test.Vault.Increment("items", "app", [new("/a", 4)]);
        Assert.Equal("""{"a":5,"b":2,"tags":["x","y"]}""", Read(test.Vault, "app"));
        test.Vault.Put("text", "no object");
        test.Vault.PutObject("items", "words", Json("""{"name":"x"}"""));
        Assert.Equal(SyncErrors.NotASet, Assert.Throws<SyncException>(() => test.Vault.ChangeSet("items", "words", "/name", [Json("1")], [])).Kind);
        Assert.Equal(SyncErrors.NotStructured, Assert.Throws<SyncException>(() => test.Vault.Increment("items", "text", [new("/a", 1)])).Kind);
        Assert.Equal(SyncErrors.NotACounter, Assert.Throws<SyncException>(() => test.Vault.Increment("items", "words", [new("/name", 1)])).Kind);
        Assert.Equal(SyncErrors.NameInvalid, Assert.Throws<SyncException>(() => test.Vault.Increment("items", "app", [new("a", 1)])).Kind);
        Assert.Equal("no object", test.Vault.GetText("text"));
    }

    [Fact]
    public void Fields_of_a_value_of_one_piece_do_not_stand_beside_what_is_written_and_count_nothing_from_before()
    {
        using var test = TestVault.Create();
        test.Vault.Put("nested", """{"a":{"b":1},"c":2}""");
        test.Vault.Patch("items", "nested", new Dictionary<string, ReadOnlyMemory<byte>?> { ["/a"] = Json("1") });
        Assert.Equal("""{"a":1,"c":2}""", Read(test.Vault, "nested"));
        test.Vault.Increment("items", "app", [new("/n", 3)]);
        test.Vault.Put("app", """{"n":7}""");
        test.Vault.Patch("items", "app", new Dictionary<string, ReadOnlyMemory<byte>?> { ["/x"] = Json("1") });
        Assert.Equal("""{"n":7,"x":1}""", Read(test.Vault, "app"));
    }

    [Fact]
    public void Writing_the_whole_object_again_changes_its_counters_and_sets_by_the_difference()
    {
        using var test = TestVault.Create();
        test.Vault.Increment("items", "app", [new("/n", 3)]);
        test.Vault.ChangeSet("items", "app", "/tags", [Json("1"), Json("2")], []);
        test.Vault.PutObject("items", "app", Json("""{"n":10,"tags":[2,3]}"""));
        test.Vault.Increment("items", "app", [new("/n", 1)]);
        Assert.Equal("""{"n":11,"tags":[2,3]}""", Read(test.Vault, "app"));
        test.Vault.PutObject("items", "app", Json("""{"other":1}"""));
        Assert.Equal("""{"other":1}""", Read(test.Vault, "app"));
        test.Vault.Increment("items", "app", [new("/n", 1)]);
        Assert.Equal("""{"n":1,"other":1}""", Read(test.Vault, "app"));
        test.Vault.Delete("items", ["app"]);
        test.Vault.Increment("items", "app", [new("/n", 2)]);
        Assert.Equal("""{"n":2}""", Read(test.Vault, "app"));
        Assert.Empty(test.Vault.MergeRecords());
    }

    [Fact]
    public async Task Devices_that_work_apart_agree_on_fields_counters_and_sets()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        a.PutObject("items", "app", Json("""{"url":"a","retries":1}"""));
        a.Increment("items", "app", [new("/hits", 5)]);
        a.ChangeSet("items", "app", "/tags", [Json("\"red\"")], []);
        await pair.SyncAsync(1, 0);
        a.PutObject("items", "app", Json("""{"url":"new","retries":1,"hits":5,"tags":["red"]}"""));
        b.Patch("items", "app", new Dictionary<string, ReadOnlyMemory<byte>?> { ["/retries"] = Json("7") });
        a.Increment("items", "app", [new("/hits", 2)]);
        b.Increment("items", "app", [new("/hits", 10)]);
        a.ChangeSet("items", "app", "/tags", [], [Json("\"red\"")]);
        b.ChangeSet("items", "app", "/tags", [Json("\"red\""), Json("\"blue\"")], []);
        await pair.SyncAsync(1, 0);
        Assert.Equal("""{"hits":17,"retries":7,"tags":["blue","red"],"url":"new"}""", Read(a, "app"));
        Assert.Equal(Read(a, "app"), Read(b, "app"));
        Assert.Equal(a.Digest(), b.Digest());
        Assert.Empty(MergeRecords.Open(a.Find("items", "app")!));
    }

    [Fact]
    public async Task A_tree_goes_in_one_operation_and_what_its_author_had_not_seen_stays()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        a.PutMany("items", [.. Enumerable.Range(0, 500).Select(i => new PutValue($"docs/{i:D3}", "old"u8.ToArray()))]);
        a.Put("other", "stays");
        await pair.SyncAsync(1, 0);
        b.Put("docs/007", "edited"); // replaces what the tree's author saw
        b.Put("docs/new", "new");
        a.RemoveTree("items", "docs/");
        Assert.Equal(1, a.Status().Items);
        Assert.Equal(["other"], Names(a));
        Assert.True(a.Find("items", "docs/001") is { IsAlive: false });
        Assert.Equal([false], a.Delete("items", ["docs/001"])); // gone already
        await pair.SyncAsync(1, 0);
        foreach (var vault in new[] { a, b })
        {
            Assert.Equal(["docs/007", "docs/new", "other"], Names(vault));
            Assert.Equal(3, vault.Status().Items);
        }

        Assert.Equal(a.Digest(), b.Digest());
        a.Put("docs/001", "again");
        await pair.SyncAsync(1, 0);
        Assert.Equal("again", b.GetText("docs/001"));
        Assert.Empty(MergeRecords.Open(b.Find("items", "docs/001")!));
        Assert.Equal(4, b.Status().Items);
        Assert.True(b.StateFitsLog());
        Assert.True(a.StateFitsLog());
    }

    [Fact]
    public void What_a_tree_took_is_seen_at_once_by_the_next_write_and_by_another_process()
    {
        using var test = TestVault.Create();
        test.Vault.Put("t/a", "1");
        using var other = test.Open();
        Assert.Equal(["t/a"], Names(other));
        test.Vault.RemoveTree("items", "t/");
        test.Vault.Put("t/b", "2");
        Assert.Equal(["t/b"], Names(test.Vault));
        Assert.Equal(["t/b"], Names(other));
        other.RemoveTree("items", "");
        other.Put("t/a", "3");
        Assert.Equal(["t/a"], Names(test.Vault));
        Assert.Equal("3", test.Vault.GetText("t/a"));
        Assert.Equal(1, test.Vault.Status().Items);
        Assert.True(test.Vault.StateFitsLog());
    }

    [Fact]
    public async Task A_version_written_apart_from_a_tree_competes_and_either_can_be_chosen()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        a.Put("docs/a", "mine");
        b.Put("docs/a", "theirs");
        a.RemoveTree("items", "docs/");
        await pair.SyncAsync(1, 0);
        var record = Assert.Single(a.MergeRecords());
        Assert.Equal(MergeState.Open, record.State);
        var deletion = Assert.Single(record.Heads, h => h.Kind == OperationKind.RemoveTree);
        Assert.Equal(a.MergeRecords().Select(r => r.Id), b.MergeRecords().Select(r => r.Id));
        b.Resolve("items", "docs/a", VersionId.Of(record.Heads.Single(h => h.Dot != deletion.Dot).Dot));
        await pair.SyncAsync(1, 0);
        Assert.Equal("theirs", a.GetText("docs/a"));
        Assert.DoesNotContain(a.MergeRecords(), r => r.State == MergeState.Open);
        Assert.Equal(a.Digest(), b.Digest());
    }

    [Fact]
    public async Task The_deletion_of_a_tree_is_a_version_of_each_item_in_it_and_can_be_chosen()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        a.Put("docs/a", "mine");
        a.Put("docs/gone", "first");
        a.Put("docs/gone", "second");
        b.Put("docs/a", "theirs");
        a.RemoveTree("items", "docs/");
        var gone = ItemHistory.Of(a, "items", "docs/gone");
        Assert.Equal([(OperationKind.RemoveTree, VersionState.Active), (OperationKind.Put, VersionState.Replaced), (OperationKind.Put, VersionState.Replaced)], gone.Select(v => (v.Version.Kind, v.State)));
        Assert.Equal("deleted with all under docs/, the latest", gone[0].Why);
        Assert.Equal("replaced by " + gone[0].Version.VersionId, gone[1].Why);
        await pair.SyncAsync(1, 0);
        foreach (var vault in new[] { a, b })
        {
            var versions = ItemHistory.Of(vault, "items", "docs/a");
            Assert.Equal(3, versions.Count);
            Assert.Equal([VersionState.Active, VersionState.Competing, VersionState.Replaced], versions.Select(v => v.State).Order());
            Assert.Equal(SyncErrors.VersionNotFound, Assert.Throws<SyncException>(() => vault.Restore("items", "docs/a", Tree(vault).VersionId)).Kind);
        }

        b.Resolve("items", "docs/a", Tree(b).VersionId);
        await pair.SyncAsync(1, 0);
        Assert.False(a.Find("items", "docs/a")!.IsAlive);
        Assert.DoesNotContain(a.MergeRecords(), r => r.State == MergeState.Open);
        Assert.Equal(a.Digest(), b.Digest());
        a.Restore("items", "docs/gone", gone[1].Version.VersionId);
        Assert.Equal("second", a.GetText("docs/gone"));
        Assert.Equal([VersionState.Active, VersionState.Replaced, VersionState.Replaced], ItemHistory.Of(a, "items", "docs/gone").Select(v => v.State)); // what went with a tree is behind it

        static ItemVersion Tree(Vault vault) => vault.History("items", "docs/a").Single(v => v.Kind == OperationKind.RemoveTree);
    }

    [Fact]
    public async Task Settings_that_two_devices_made_at_once_can_be_chosen_between()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        Assert.Equal(SyncErrors.NothingToResolve, Assert.Throws<SyncException>(() => a.ResolveSettings("items", "0000")).Kind);
        a.SetPolicy("items", new() { Policy = "manual" });
        b.SetPolicy("items", new() { Policy = "first-writer-wins" });
        await pair.SyncAsync(1, 0);
        var record = Assert.Single(a.MergeRecords());
        string mine = VersionId.Of(record.Heads.Single(h => h.Device == a.Device).Dot);
        Assert.Equal(SyncErrors.VersionNotFound, Assert.Throws<SyncException>(() => b.ResolveSettings("items", "zzzz")).Kind);
        b.ResolveSettings("items", mine);
        await pair.SyncAsync(1, 0);
        Assert.Equal(PolicyRule.Manual, a.PolicyOf("items").Policy.Rule);
        Assert.DoesNotContain(a.MergeRecords(), r => r.State == MergeState.Open);
        Assert.Equal(a.Digest(), b.Digest());
    }

    [Fact]
    public void What_is_written_in_the_place_of_a_set_or_counter_or_removed_there_stays_away()
    {
        using var one = new MemoryVault();
        var vault = one.Open();
        vault.ChangeSet("items", "app", "/tags", [Json("1"), Json("2")], []);
        Patch("/tags", null);
        Assert.Equal("{}", Read(vault, "app"));
        vault.ChangeSet("items", "app", "/tags", [Json("3")], []);
        Assert.Equal("""{"tags":[3]}""", Read(vault, "app")); // and none of those before
        Patch("/tags", "\"text\"");
        Assert.Equal("""{"tags":"text"}""", Read(vault, "app"));
        Assert.Empty(vault.Find("items", "app")!.Sets);
        Patch("/tags", null);
        vault.ChangeSet("items", "app", "/tags", [Json("4")], []);
        vault.PutObject("items", "app", Json("""{"tags":"whole"}"""));
        Assert.Equal("""{"tags":"whole"}""", Read(vault, "app"));
        Assert.Empty(vault.Find("items", "app")!.Sets);

        // Above and below.
        vault.Increment("items", "app", [new("/v/n", 1)]);
        Patch("/v", "1");
        Patch("/v", null);
        Assert.Equal("""{"tags":"whole"}""", Read(vault, "app"));
        Patch("/v", "2");
        vault.ChangeSet("items", "app", "/v/set", [Json("5")], []);
        Assert.Equal("""{"tags":"whole","v":{"set":[5]}}""", Read(vault, "app"));
        vault.Increment("items", "app", [new("/v/set/n", 7)]);
        Assert.Equal("""{"tags":"whole","v":{"set":{"n":7}}}""", Read(vault, "app"));
        vault.SetCounter("items", "app", "/v", 9);
        Assert.Equal("""{"tags":"whole","v":9}""", Read(vault, "app"));
        Assert.Equal(SyncErrors.NotACounter, Assert.Throws<SyncException>(() =>
        {
            vault.ChangeSet("items", "app", "/set", [Json("1")], []);
            vault.Increment("items", "app", [new("/set", 1)]);
        }).Kind);
        Assert.Empty(vault.MergeRecords());

        void Patch(string path, string? json) => vault.Patch("items", "app", new Dictionary<string, ReadOnlyMemory<byte>?> { [path] = json is null ? (ReadOnlyMemory<byte>?)null : Json(json) });
    }

    [Fact]
    public void What_a_later_branch_of_a_log_writes_is_not_counted_as_taken_by_a_tree_that_saw_another()
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        using var device = DeviceKeys.Create(SystemRandomSource.Instance);
        vault.AddMember(device.Certify(vault.Id, DeviceRole.Full), "other");
        var writer = new ForeignWriter(vault.Id, device, new(Guid.NewGuid().ToByteArray()));
        Receive("t/1");
        var first = writer.Tip;
        Receive("t/2");
        Receive("t/3");
        vault.RemoveTree("items", "t/");
        Assert.Equal(0, vault.Status().Items);
        writer.GoBackTo(first.Sequence, first.Id);
        Receive("t/branch"); // number 2, as one that the tree had seen
        Receive("t/2");
        Assert.Equal(["t/branch"], Names(vault)); // of t/2 the deletion is the later one, and the other competes
        Assert.Equal(1, vault.Status().Items);
        Assert.Equal(["t/2"], vault.MergeRecords().Select(r => r.Key));
        Assert.True(vault.StateFitsLog());
        var (records, digest) = (MergeRecords.Encode(vault.MergeRecords()), vault.Digest());
        test.Stores.DeleteIndex();
        vault = test.Open();
        Assert.Equal((1, digest), (vault.Status().Items, vault.Digest()));
        Assert.Equal(records, MergeRecords.Encode(vault.MergeRecords()));

        void Receive(string key)
        {
            byte[] plain = OperationList.Encode([ForeignWriter.Put("items", key, key)]);
            Assert.Empty(vault.Receive([writer.Write(vault.Keys.FirstEpoch, vault.Membership.Heads, 1, [(vault.Keys.Genesis.TagOf("items"), plain)]).Bundle]).Rejected);
        }
    }

    [Fact]
    public async Task Policies_that_two_devices_set_at_once_compete_like_fields()
    {
        await using var pair = await PairedVaults.CreateAsync();
        foreach (var vault in new[] { pair[0].Vault, pair[1].Vault }) Set(vault, vault == pair[0].Vault ? "1" : "2");
        await pair.SyncAsync(1, 0);
        var record = Assert.Single(pair[0].Vault.MergeRecords());
        Assert.Equal((MergeState.Open, "", "/default"), (record.State, record.Key, record.Path));
        Assert.Equal(MergeRecords.Encode([record]), MergeRecords.Encode(pair[1].Vault.MergeRecords()));
        Set(pair[1].Vault, "3");
        await pair.SyncAsync(1, 0);
        Assert.Equal(["/default"], pair[0].Vault.MergeRecords().Where(r => r.State == MergeState.Settled && r.Losers.Count > 0).Select(r => r.Path));
        Assert.DoesNotContain(pair[0].Vault.MergeRecords(), r => r.State == MergeState.Open);
        Assert.True(pair[0].Vault.StateFitsLog());
        Assert.Equal(0, pair[0].Vault.Status().Items);

        static void Set(Vault vault, string value) => vault.Commit([new([new("items", "", state =>
            StructuredWrites.Patch(state, "items", "", new Dictionary<string, ItemValue?> { ["/default"] = ItemValue.FromBytes(Json(value)) }) with { Kind = OperationKind.Policy })], [])]);
    }

    [Fact]
    public void More_parts_than_a_reader_takes_are_refused_and_nothing_is_written()
    {
        using var test = TestVault.Create();
        long commits = test.Vault.Status().Commits;
        var many = Enumerable.Range(0, Operation.MaxCells + 1).ToList();
        string fields = "{" + string.Join(',', many.Select(i => $"\"{i}\":1")) + "}";
        Assert.Equal(SyncErrors.ValueTooLarge, Assert.Throws<SyncException>(() => test.Vault.PutObject("items", "app", Json(fields))).Kind);
        Assert.Equal(SyncErrors.ValueTooLarge, Assert.Throws<SyncException>(() => test.Vault.ChangeSet("items", "app", "/tags", [.. many.Select(i => Json($"{i}"))], [])).Kind);
        Assert.Equal(commits, test.Vault.Status().Commits);
    }

    [Fact]
    public void What_is_no_json_is_refused_and_equal_json_is_one_element()
    {
        using var test = TestVault.Create();
        Assert.Equal(SyncErrors.NotStructured, Assert.Throws<SyncException>(() => test.Vault.Patch("items", "app", new Dictionary<string, ReadOnlyMemory<byte>?> { ["/a"] = default(ReadOnlyMemory<byte>) })).Kind);
        Assert.Equal(SyncErrors.NotStructured, Assert.Throws<SyncException>(() => test.Vault.ChangeSet("items", "app", "/a", [Json("red")], [])).Kind);
        test.Vault.ChangeSet("items", "app", "/tags", [Json("{ \"x\" : 1 }")], []);
        test.Vault.ChangeSet("items", "app", "/tags", [Json("{\"x\":1}")], []);
        Assert.Equal("""{"tags":[{"x":1}]}""", Read(test.Vault, "app"));
    }

    [Fact]
    public void Metadata_of_an_object_change_without_its_fields_and_a_version_of_a_field_says_what_it_is()
    {
        using var test = TestVault.Create();
        test.Vault.PutObject("items", "app", Json("""{"a":1,"b":2}"""));
        test.Vault.Patch("items", "app", new Dictionary<string, ReadOnlyMemory<byte>?> { ["/a"] = Json("3") });
        test.Vault.SetMetadata("items", "app", new Metadata().With("user.note", "x"));
        Assert.Equal("""{"a":3,"b":2}""", Read(test.Vault, "app"));
        Assert.Equal("x", View.Of(test.Vault.Find("items", "app")!).Winner!.Metadata!.Text("user.note"));
        string version = test.Vault.History("items", "app")[^1].VersionId;
        var error = Assert.Throws<SyncException>(() => test.Vault.Restore("items", "app", version));
        Assert.Equal(SyncErrors.VersionNotFound, error.Kind);
        Assert.Contains("fields of an object", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_copy_of_an_object_says_what_it_showed_counters_and_sets_too()
    {
        using var from = TestVault.Create();
        using var to = TestVault.Create();
        from.Vault.PutObject("items", "app", Json("""{"deep":{"x":1},"n":5}"""));
        from.Vault.Increment("items", "app", [new("/n", 2)]);
        from.Vault.SetCounter("items", "app", "/hits", 40);
        from.Vault.Increment("items", "app", [new("/hits", 2)]);
        from.Vault.ChangeSet("items", "app", "/tags", [Json("1"), Json("2")], []);
        var item = from.Vault.Find("items", "app")!;
        string shown = Read(from.Vault, "app");
        Assert.Equal("""{"deep":{"x":1},"hits":42,"n":7,"tags":[1,2]}""", shown);
        var copier = new ItemCopier(from.Vault, to.Vault, sameVault: false);
        Assert.Equal(CopyOutcome.Copied, copier.Copy([new(item, "items", "app")])[0].Outcome);
        Assert.Equal(shown, Read(to.Vault, "app"));
        Assert.Equal(CopyOutcome.Equal, copier.Copy([new(item, "items", "app")])[0].Outcome);
        to.Vault.Increment("items", "app", [new("/hits", 1)]);
        Assert.Contains("\"hits\":43", Read(to.Vault, "app"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_transaction_writes_over_what_went_with_a_tree()
    {
        using var test = TestVault.Create();
        test.Vault.Put("t/a", "old");
        test.Vault.RemoveTree("items", "t/");
        using var transaction = test.Vault.Begin(atomic: true);
        transaction.Put("items", "t/a", new MemoryStream("new"u8.ToArray()));
        Assert.False(transaction.Find("items", "t/a")!.IsOpen);
        Assert.True(transaction.Find("items", "t/a")!.IsAlive);
        transaction.Commit();
        Assert.Equal("new", test.Vault.GetText("t/a"));
        Assert.Empty(test.Vault.MergeRecords());
    }

    private static string[] Names(Vault vault) => [.. vault.Items().Of("items").Select(i => i.Key)];

    private static ReadOnlyMemory<byte> Json(string text) => Encoding.UTF8.GetBytes(text);

    private static string Read(Vault vault, string key) =>
        Encoding.UTF8.GetString([.. vault.ReadValue(vault.ValueOf(vault.Find("items", key)!)).SelectMany(p => p)]);
}
