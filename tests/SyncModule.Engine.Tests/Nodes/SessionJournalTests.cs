using SyncModule.Core.Model;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Tests.Vaults;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Nodes;

public sealed class SessionJournalTests
{
    private static readonly Id32 Session = new([.. Enumerable.Repeat((byte)7, 32)]);
    private static readonly Id32 Peer = new([.. Enumerable.Repeat((byte)9, 32)]);

    [Fact]
    public void A_cut_session_is_found_again_with_what_was_durable()
    {
        using var test = TestVault.Create();
        using (var journal = SessionJournal.Start(test.Vault, Session, Peer)!)
        {
            journal.Data([Session, Peer]);
            journal.Data([Peer]);
        }

        var found = Assert.Single(SessionJournal.Open(test.Vault));
        Assert.Equal(Session, found.Session);
        Assert.Equal(Peer, found.Peer);
        Assert.Equal(3, found.Objects);
    }

    [Fact]
    public void A_complete_session_leaves_nothing()
    {
        using var test = TestVault.Create();
        SessionJournal.Start(test.Vault, Session, Peer)!.Complete();
        Assert.Empty(SessionJournal.Open(test.Vault));
        Assert.Empty(test.Vault.Disk.List(VaultPaths.JournalFolder));
    }

    [Fact]
    public void Journals_that_cannot_be_listed_are_no_reason_not_to_sync()
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        SessionJournal.Start(vault, Session, Peer)!.Dispose();
        test.Disk.FaultHook = call => call.Operation == "list" && call.Path == VaultPaths.JournalFolder ? DiskFault.Failed : null;
        Assert.Empty(SessionJournal.Open(vault));
        test.Disk.FaultHook = null;
        Assert.Single(SessionJournal.Open(vault));
    }

    [Fact]
    public void A_disk_that_fails_while_packs_are_recovered_is_told_by_its_kind()
    {
        // As a DiskException it ended the rounds with all other peers, and following for good.
        using var test = new MemoryVault();
        var vault = test.Open();
        test.Disk.FaultHook = call => call.Operation == "list" && call.Path == PackFormat.Folder ? DiskFault.Failed : null;
        Assert.Equal(SyncErrors.DiskFailed, Assert.Throws<SyncException>(vault.RecoverPacks).Kind);
        test.Disk.FaultHook = null;
        vault.RecoverPacks();
    }

    [Fact]
    public void A_journal_cut_or_flipped_anywhere_never_says_more_than_happened()
    {
        using var test = TestVault.Create();
        using (var journal = SessionJournal.Start(test.Vault, Session, Peer)!) journal.Data([Session, Peer, Session]);
        byte[] whole = File.ReadAllBytes(Path.Combine(test.Folder, VaultPaths.JournalFolder, Session + ".wal"));
        for (int length = 0; length < whole.Length; length++) Assert.True((SessionJournal.Read(whole.AsSpan(0, length))?.Objects ?? 0) == 0);
        for (int i = 0; i < whole.Length; i++)
        {
            var flipped = whole.ToArray();
            flipped[i] ^= 0x40;
            var read = SessionJournal.Read(flipped);
            Assert.True(read is null || (read.Session == Session && read.Peer == Peer && read.Objects is 0 or 3));
        }
    }
}
