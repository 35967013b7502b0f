using System.Text;
using SyncModule.Core.Model;
using SyncModule.Engine.Tests.Nodes;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>Owned records (format-1 §9) over real sessions. Device 0 founded the vault and is its administrator.</summary>
public sealed class OwnershipTests
{
    [Fact]
    public async Task Only_the_owner_changes_what_it_owns_and_everybody_reads_it()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        a.Own("volumes", "disk");
        a.Put("volumes", "disk/size", Text("100"));
        await pair.SyncAsync(1, 0);
        Assert.Equal("100", Read(b, "disk/size"));
        Assert.Equal(a.Device, b.OwnerOf("volumes", "disk/size"));
        Assert.Equal(SyncErrors.NotOwner, Assert.Throws<SyncException>(() => b.Put("volumes", "disk/size", Text("1"))).Kind);
        Assert.Equal(SyncErrors.NotOwner, Assert.Throws<SyncException>(() => b.Own("volumes", "disk")).Kind);
        b.Put("volumes", "diskette", Text("nobody's")); // no part of the unit
        await pair.SyncAsync(1, 0);
        Assert.Empty(a.RefusedWrites());
        Assert.Equal(a.Digest(), b.Digest());
    }

    // Lesson: a write of somebody who is not the owner must never win, whatever its clock says, and never be lost without a trace.
    [Fact]
    public async Task What_was_written_before_its_author_knew_the_owner_is_kept_as_evidence_and_removes_nothing()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        a.Put("volumes", "disk", Text("common"));
        await pair.SyncAsync(1, 0);
        b.Put("volumes", "disk", Text("late, by another"));
        b.Put("volumes", "disk/new", Text("late too"));
        a.Own("volumes", "disk");
        a.Put("volumes", "disk", Text("the owner's"));
        await pair.SyncAsync(1, 0);
        foreach (var vault in new[] { a, b })
        {
            Assert.Equal("the owner's", Read(vault, "disk"));
            Assert.False(vault.Find("volumes", "disk/new") is { IsAlive: true });
            Assert.Equal(["disk", "disk/new"], vault.RefusedWrites().Select(w => w.Operation.Key));
            Assert.Empty(vault.MergeRecords());
            Assert.Equal(1, vault.Status().Items);
            Assert.True(vault.StateFitsLog());
        }

        Assert.Equal(a.Digest(), b.Digest());
    }

    [Fact]
    public async Task The_owner_hands_over_and_what_it_writes_afterwards_does_not_count()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        b.Own("volumes", "disk");
        b.Put("volumes", "disk", Text("1"));
        await pair.SyncAsync(1, 0);
        b.Own("volumes", "disk", a.Device);
        Assert.Equal(SyncErrors.NotOwner, Assert.Throws<SyncException>(() => b.Put("volumes", "disk", Text("2"))).Kind);
        await pair.SyncAsync(1, 0);
        a.Put("volumes", "disk", Text("3"));
        await pair.SyncAsync(1, 0);
        Assert.Equal("3", Read(b, "disk"));
        Assert.Equal(a.Digest(), b.Digest());
        Assert.Equal(a.Device, Assert.Single(b.Owners("volumes")).Owner);
    }

    [Fact]
    public async Task An_administrator_rescues_what_a_lost_device_owned_and_its_late_writes_are_evidence()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        b.Own("volumes", "disk");
        b.Put("volumes", "disk", Text("1"));
        await pair.SyncAsync(1, 0);
        b.Put("volumes", "disk", Text("never seen by the rescuer"));
        a.Own("volumes", "disk"); // by right of the administrator
        a.Put("volumes", "disk", Text("rescued"));
        await pair.SyncAsync(1, 0);
        foreach (var vault in new[] { a, b })
        {
            Assert.Equal("rescued", Read(vault, "disk"));
            Assert.Single(vault.RefusedWrites());
            Assert.True(vault.StateFitsLog());
        }

        Assert.Equal(a.Digest(), b.Digest());
    }

    [Fact]
    public async Task A_handover_by_the_owner_beats_a_rescue_and_the_writes_change_sides()
    {
        await using var trio = await PairedVaults.CreateAsync(3);
        var (a, b, c) = (trio[0].Vault, trio[1].Vault, trio[2].Vault);
        b.Own("volumes", "disk");
        b.Put("volumes", "disk", Text("1"));
        foreach (int i in new[] { 1, 2, 1 }) await trio.SyncAsync(i, 0);
        a.Own("volumes", "disk");
        a.Put("volumes", "disk", Text("rescued"));
        b.Own("volumes", "disk", c.Device);
        // The new owner learns of it from the old one alone, and writes.
        await trio.SyncAsync(2, 1);
        c.Put("volumes", "disk", Text("handed over"));
        foreach (int i in new[] { 1, 2, 1 }) await trio.SyncAsync(i, 0);
        foreach (var vault in new[] { a, b, c })
        {
            Assert.Equal("handed over", Read(vault, "disk"));
            Assert.Equal("disk", Assert.Single(vault.RefusedWrites()).Operation.Key);
            Assert.Equal(a.Digest(), vault.Digest());
            Assert.True(vault.StateFitsLog());
        }
    }

    [Fact]
    public async Task Under_the_policy_owned_who_writes_a_record_first_owns_it()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        a.Put("volumes", "old/1", Text("before the policy"));
        a.SetPolicy("volumes", new() { Policy = "owned" });
        Assert.False(a.PolicyOf("volumes").HasUnknown);
        await pair.SyncAsync(1, 0);
        long commits = b.Status().Commits;
        b.Put("volumes", "disk/size", Text("100"));
        Assert.Equal(commits + 2, b.Status().Commits); // the claim, and the write that names it
        b.Put("volumes", "disk/size", Text("200"));
        Assert.Equal(commits + 3, b.Status().Commits);
        using (var transaction = b.Begin(atomic: true))
        {
            transaction.Put("volumes", "tape/1", Text("x"));
            transaction.Put("volumes", "tape", Text("y"));
            transaction.Put("notes", "n", Text("z"));
            transaction.Commit();
        }

        Assert.Equal([true, false], b.Delete("volumes", ["old/1", "never/1"])); // nothing is claimed where nothing is written
        await pair.SyncAsync(1, 0);
        Assert.Equal(["disk", "old", "tape"], a.Owners("volumes").Select(o => o.Unit));
        Assert.All(a.Owners("volumes"), o => Assert.Equal(b.Device, o.Owner));
        Assert.Equal(SyncErrors.NotOwner, Assert.Throws<SyncException>(() => a.Put("volumes", "disk/new", Text("1"))).Kind);
        a.Put("volumes", "mine", Text("free"));
        Assert.Empty(a.RefusedWrites());

        // A policy is a view: the state says who owns what, and says the same without it.
        var digest = a.Digest().State;
        a.SetPolicy("volumes", new() { Policy = "last-writer-wins" });
        a.Put("volumes", "unowned", Text("nobody's"));
        Assert.Equal(SyncErrors.NotOwner, Assert.Throws<SyncException>(() => a.Put("volumes", "disk/new", Text("1"))).Kind);
        Assert.NotEqual(digest, a.Digest().State);
        Assert.DoesNotContain(a.Owners("volumes"), o => o.Unit == "unowned");
        await pair.SyncAsync(1, 0);
        Assert.Equal(a.Digest(), b.Digest());
        Assert.True(a.StateFitsLog());
        Assert.True(b.StateFitsLog());
    }

    [Fact]
    public async Task Two_devices_that_write_the_same_new_record_under_the_policy_owned_leave_one_owner_and_evidence()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        a.SetPolicy("volumes", new() { Policy = "owned", Patterns = ["disk*"] });
        await pair.SyncAsync(1, 0);
        a.Put("volumes", "disk", Text("a's"));
        b.Put("volumes", "disk", Text("b's"));
        a.Put("volumes", "other", Text("anybody's"));
        await pair.SyncAsync(1, 0);
        var owner = Assert.Single(a.Owners("volumes"));
        Assert.Equal(("disk", owner.Owner == a.Device ? "a's" : "b's"), (owner.Unit, Read(b, "disk")));
        Assert.Equal(Read(a, "disk"), Read(b, "disk"));
        Assert.Single(b.RefusedWrites());
        Assert.Equal(a.Digest(), b.Digest());
        Assert.Equal(a.Digest().State, b.Digest().State);
    }

    [Fact]
    public async Task Two_first_owners_at_once_leave_one_and_both_devices_agree()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        a.Own("volumes");
        a.Put("volumes", "x", Text("a's"));
        b.Own("volumes");
        b.Put("volumes", "x", Text("b's"));
        await pair.SyncAsync(1, 0);
        var owner = Assert.Single(a.Owners("volumes")).Owner;
        Assert.Equal(owner == a.Device ? "a's" : "b's", Read(a, "x"));
        Assert.Equal(Read(a, "x"), Read(b, "x"));
        Assert.Equal(a.Digest(), b.Digest());
        Assert.Equal(owner, Assert.Single(a.RefusedWrites()).Owner);
        Assert.True(b.StateFitsLog());
    }

    [Fact]
    public async Task An_atomic_commit_with_one_refused_write_has_no_effect_at_all()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        b.Commit([new([Intent("volumes", "disk", "b's"), Intent("notes", "n", "with it")], [], Atomic: true)]);
        a.Own("volumes", "disk");
        await pair.SyncAsync(1, 0);
        foreach (var vault in new[] { a, b })
        {
            Assert.Null(vault.Find("notes", "n"));
            Assert.Equal(2, vault.RefusedWrites().Count);
            Assert.True(vault.StateFitsLog());
        }

        Assert.Equal(a.Digest(), b.Digest());
    }

    // What comes before its past waits at the gate: that it was atomic must be known when it is let through.
    [Fact]
    public void An_atomic_commit_that_waited_is_void_as_a_whole_too()
    {
        using var one = new MemoryVault();
        var a = one.Open();
        using var two = one.AddReplica(a, "laptop");
        var b = two.Open();
        b.Put("notes", "earlier", Text("1"));
        b.Commit([new([Intent("volumes", "disk", "b's"), Intent("notes", "n", "with it")], [], Atomic: true)]);
        a.Own("volumes", "disk");
        var bundles = b.CommitsBehind(Lane.Data, new VersionVector()).Select(id => b.ReadBundle(id, withSmallObjects: false)!).ToList();
        a.Receive([bundles[1]]); // its previous one is not here yet
        a.Receive([bundles[0]]);
        Assert.Null(a.Find("notes", "n"));
        Assert.Equal(2, a.RefusedWrites().Count);
        Assert.NotNull(a.Find("notes", "earlier"));
        Assert.True(a.StateFitsLog());
    }

    [Fact]
    public async Task A_tree_of_somebody_else_takes_nothing_that_is_owned()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        a.Own("volumes", "disk");
        a.Put("volumes", "disk", Text("1"));
        a.Put("volumes", "free", Text("2"));
        await pair.SyncAsync(1, 0);
        b.RemoveTree("volumes", "");
        await pair.SyncAsync(1, 0);
        Assert.Equal(["disk"], a.Items().Of("volumes").Select(i => i.Key));
        a.RemoveTree("volumes", "");
        await pair.SyncAsync(1, 0);
        Assert.Empty(b.Items().Of("volumes"));
        Assert.Equal(0, b.Status().Items);
        Assert.Equal(a.Digest(), b.Digest());
    }

    // The product cites owners that there are. What another program cites without reason is judged like what cites nothing: by what the first owner had seen.
    [Fact]
    public async Task What_cites_an_owner_that_nobody_was_counts_alike_on_a_device_that_looks_at_everything_again_and_on_one_that_need_not()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        using var device = Engine.Cryptography.DeviceKeys.Create(Engine.Cryptography.SystemRandomSource.Instance);
        a.AddMember(device.Certify(a.Id, DeviceRole.Full), "other");
        var writer = new ForeignWriter(a.Id, device, new(Guid.NewGuid().ToByteArray()));
        var cites = ForeignWriter.Put("volumes", "disk", "cites") with { Generation = Dot.At(new([.. Enumerable.Repeat((byte)9, 32)]), 0, 0) };
        byte[] plain = Core.Model.OperationList.Encode([cites, ForeignWriter.Put("volumes", "free", "counts")]);
        Assert.Empty(a.Receive([writer.Write(a.Keys.FirstEpoch, a.Membership.Heads, 1, [(a.Keys.Genesis.TagOf("volumes"), plain)]).Bundle]).Rejected);
        await pair.SyncAsync(1, 0);
        Assert.Equal("cites", Read(a, "disk"));
        a.Own("volumes", "disk");
        b.Put("volumes", "disk/x", Text("not seen")); // so b goes through everything again when it hears of the owner
        await pair.SyncAsync(1, 0);
        foreach (var vault in new[] { a, b })
        {
            Assert.Equal(["disk", "free"], vault.Items().Of("volumes").Select(i => i.Key));
            Assert.Equal("disk/x", Assert.Single(vault.RefusedWrites()).Operation.Key);
            Assert.True(vault.StateFitsLog());
        }

        Assert.Equal(a.Digest(), b.Digest());
    }

    [Fact]
    public async Task Records_that_are_owned_while_others_work_elsewhere_keep_what_they_hold()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        a.Put("volumes", "disk", Text("1"));
        a.Put("volumes", "disk/size", Text("2"));
        await pair.SyncAsync(1, 0);
        a.Own("volumes", "disk");
        b.Put("volumes", "other", Text("3")); // not seen by the owner, and none of his
        b.Put("notes", "disk", Text("4"));
        await pair.SyncAsync(1, 0);
        b.Own("volumes", ""); // a wider unit behind it
        a.Put("volumes", "disk", Text("5"));
        a.Put("volumes", "late", Text("6"));
        await pair.SyncAsync(1, 0);
        foreach (var vault in new[] { a, b })
        {
            Assert.Equal("5", Read(vault, "disk"));
            Assert.Equal(["disk", "disk/size", "other"], vault.Items().Of("volumes").Select(i => i.Key));
            Assert.Equal(["late"], vault.RefusedWrites().Select(w => w.Operation.Key));
            Assert.True(vault.StateFitsLog());
        }

        Assert.Equal(a.Digest(), b.Digest());
    }

    [Fact]
    public async Task What_one_change_begins_to_own_is_said_at_once_and_nothing_is_owned_that_is_not_written()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        a.SetPolicy("volumes", new() { Policy = "owned" });
        using (var transaction = a.Begin(atomic: true))
        {
            for (int i = 0; i < 50; i++) transaction.Put("volumes", $"disk {i}/size", Text("1"));
            transaction.Commit();
        }

        Assert.Equal(3UL, a.AppliedVector().Logs.Single().Value[^1].Sequence); // the policy, who owns, what is written
        a.Commit([new([Intent("volumes", "x", "1"), Intent("volumes", "y", "1"), new("volumes", "never", _ => null)], [])]);
        Assert.Equal(5UL, a.AppliedVector().Logs.Single().Value[^1].Sequence);
        Assert.Equal(52, a.Owners("volumes").Count);
        await pair.SyncAsync(1, 0);
        Assert.Equal(a.Digest(), b.Digest());
        Assert.Equal(SyncErrors.NotOwner, Assert.Throws<SyncException>(() => b.Put("volumes", "disk 7", Text("2"))).Kind);
        foreach (var vault in new[] { a, b }) Assert.True(vault.StateFitsLog());
    }

    // Format-1 §9: what a claim has not seen does not count, its own commit included. The product writes no such commit; another program may.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_stands_in_one_commit_with_the_claim_does_not_count_wherever_it_stands(bool concurrent)
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        using var device = Engine.Cryptography.DeviceKeys.Create(Engine.Cryptography.SystemRandomSource.Instance);
        vault.AddMember(device.Certify(vault.Id, DeviceRole.Full), "other");
        var writer = new ForeignWriter(vault.Id, device, new(Guid.NewGuid().ToByteArray()));
        if (concurrent) vault.Put("notes", "unseen", Text("1"));
        var own = new Operation("volumes", "", OperationKind.Own, [], null, false, null, [], null, null) { Detail = new OwnDetail("disk", device.Device, null, new VersionVector()) };
        byte[] plain = Core.Model.OperationList.Encode([ForeignWriter.Put("volumes", "disk", "before"), own, ForeignWriter.Put("volumes", "disk/x", "behind"), ForeignWriter.Put("volumes", "free", "counts")]);
        Assert.Empty(vault.Receive([writer.Write(vault.Keys.FirstEpoch, vault.Membership.Heads, 1, [(vault.Keys.Genesis.TagOf("volumes"), plain)]).Bundle]).Rejected);
        Assert.Equal(["free"], vault.Items().Of("volumes").Select(i => i.Key));
        Assert.Equal(["disk", "disk/x"], vault.RefusedWrites().Select(w => w.Operation.Key));
        Assert.True(vault.StateFitsLog());
    }

    [Fact]
    public async Task What_a_checkpoint_forgot_does_not_come_back_when_somebody_comes_to_own_it()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        a.Put("volumes", "disk/x", Text("1"));
        a.Put("volumes", "disk/y", Text("2"));
        a.Delete("volumes", ["disk/x"]);
        await pair.SyncAsync(1, 0);
        Assert.Equal(1, a.MakeCheckpoint().Deletions);
        b.Own("volumes", "disk"); // has not seen the checkpoint: the unit is made anew
        await pair.SyncAsync(1, 0);
        foreach (var vault in new[] { a, b })
        {
            Assert.Null(vault.Find("volumes", "disk/x"));
            Assert.Equal("2", Read(vault, "disk/y"));
            Assert.True(vault.StateFitsLog());
        }

        Assert.Equal(a.Digest(), b.Digest());
    }

    [Fact]
    public async Task An_owner_who_comes_behind_a_tree_gets_its_items_back_and_they_are_counted()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        a.Put("volumes", "disk", Text("1"));
        a.Put("volumes", "free", Text("2"));
        await pair.SyncAsync(1, 0);
        b.RemoveTree("volumes", "");
        a.Own("volumes", "disk");
        await pair.SyncAsync(1, 0);
        foreach (var vault in new[] { a, b })
        {
            Assert.Equal(["disk"], vault.Items().Of("volumes").Select(i => i.Key));
            Assert.Equal(1, vault.Status().Items);
            Assert.True(vault.StateFitsLog());
        }
    }

    [Fact]
    public async Task A_record_does_not_name_what_is_void_with_its_atomic_commit()
    {
        await using var trio = await PairedVaults.CreateAsync(3);
        var (a, b, c) = (trio[0].Vault, trio[1].Vault, trio[2].Vault);
        a.Put("volumes", "disk", Text("a's"));
        b.Commit([new([Intent("volumes", "disk", "b's"), Intent("notes", "n", "with it")], [], Atomic: true)]);
        await trio.SyncAsync(1, 0);
        a.Put("volumes", "disk", Text("over both"));
        Assert.Single(a.MergeRecords());
        c.Own("notes"); // has not seen n: with n all of that commit is void
        foreach (int i in new[] { 2, 1 }) await trio.SyncAsync(i, 0);
        foreach (var vault in new[] { a, b })
        {
            Assert.Equal(2, vault.RefusedWrites().Count);
            Assert.Equal("over both", Read(vault, "disk"));
            Assert.Empty(vault.MergeRecords()); // it replaced one version only
            Assert.True(vault.StateFitsLog());
        }
    }

    private static ItemIntent Intent(string collection, string key, string text)
    {
        var value = ItemValue.FromBytes(Encoding.UTF8.GetBytes(text));
        return new(collection, key, state => Core.Merging.Writes.Put(state, collection, key, value));
    }

    private static MemoryStream Text(string text) => new(Encoding.UTF8.GetBytes(text));

    private static string Read(Vault vault, string key) => Encoding.UTF8.GetString([.. vault.ReadValue(vault.ValueOf(vault.Find("volumes", key)!)).SelectMany(p => p)]);
}
