using SyncModule.Core.Model;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Tests.Vaults;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Nodes;

/// <summary>Ways in which earlier systems lost changes between devices, tried here with real vaults (docs/lessons.md).</summary>
public sealed class InheritedFaultsTests
{
    [Fact]
    public async Task A_push_before_the_first_pull_skips_nothing_that_others_wrote_earlier()
    {
        await using var pair = await PairedVaults.CreateAsync();
        for (int i = 0; i < 5; i++) pair[0].Vault.Put("earlier " + i, "desk");
        pair[1].Vault.Put("later", "laptop");
        await pair.SyncAsync(1, 0, push: true, pull: false);
        Assert.Null(pair[1].Vault.Find("items", "earlier 0"));
        var pulled = await pair.SyncAsync(1, 0, push: false, pull: true);
        Assert.Equal(5, pulled.CommitsReceived);
        for (int i = 0; i < 5; i++) Assert.Equal("desk", pair[1].Vault.GetText("earlier " + i));
    }

    [Fact]
    public async Task A_device_that_is_heard_late_is_not_skipped_for_its_older_timestamps()
    {
        await using var trio = await PairedVaults.CreateAsync(3);
        trio[2].Vault.Put("slow", "written first");
        trio[1].Vault.Put("fast", "written last");
        await trio.SyncAsync(1, 0);
        Assert.Equal("written last", trio[0].Vault.GetText("fast"));
        await trio.SyncAsync(2, 0);
        var third = await trio.SyncAsync(1, 0);
        Assert.Equal(1, third.CommitsReceived);
        Assert.Equal("written first", trio[1].Vault.GetText("slow"));
        Assert.Equal("written last", trio[2].Vault.GetText("fast"));
    }

    [Fact]
    public async Task What_was_sent_twice_is_there_once_and_never_in_conflict_with_itself()
    {
        await using var pair = await PairedVaults.CreateAsync();
        pair[1].Vault.Put("item", "1");
        await pair.SyncAsync(1, 0, push: true, pull: false);
        // What the other has acknowledged is forgotten, as in a state folder put back from a backup.
        using (var transaction = pair[1].Vault.Local.Begin(write: true))
        {
            transaction.Delete(LocalTables.Session, pair[0].Vault.Device.ToArray());
            transaction.Commit();
        }

        Assert.Equal(SyncOutcome.UpToDate, (await pair.SyncAsync(1, 0)).Outcome);
        pair[1].Vault.Put("item", "2");
        await pair.SyncAsync(1, 0);
        Assert.Empty(pair[0].Vault.MergeRecords());
        Assert.Equal(2, pair[0].Vault.History("items", "item").Count);
        Assert.Equal(pair[0].Vault.Digest(), pair[1].Vault.Digest());
    }

    [Fact]
    public async Task A_long_absence_brings_no_deleted_item_back()
    {
        await using var pair = await PairedVaults.CreateAsync();
        pair[0].Vault.Put("deleted while away", "old");
        pair[0].Vault.Put("kept", "old");
        await pair.SyncAsync(1, 0);
        pair[0].Vault.Delete("items", ["deleted while away"]);
        // More commits than any horizon of time or number that the earlier systems pruned at; nothing here is dropped by either.
        for (int i = 0; i < 300; i++) pair[0].Vault.Put("other " + (i % 7), "v" + i);
        pair[1].Vault.Put("kept", "changed while away");
        await pair.SyncAsync(1, 0);
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(OperationKind.Delete, pair[i].Vault.History("items", "deleted while away").Single(v => v.IsActive).Kind);
            Assert.Equal("changed while away", pair[i].Vault.GetText("kept"));
        }
    }

    [Fact]
    public async Task Sessions_have_ids_that_nobody_can_foretell()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var openings = new HashSet<string>(StringComparer.Ordinal);
        byte[] counted = [.. Enumerable.Range(0, Id32.Size).Select(i => (byte)i)];
        for (int i = 0; i < 8; i++)
        {
            // All that a session says first is the same but for its id.
            var early = new MemberSession(pair[0].Vault, new(Push: true, Pull: true, Follow: false), null).Early(pair[1].Vault.Device, pair[0].Vault.Membership.CurrentEpoch!.Value);
            Assert.True(openings.Add(Convert.ToHexString(early.Span)));
            Assert.Equal(-1, early.Span.IndexOf(counted));
        }
    }
}
