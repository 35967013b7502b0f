using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Tests.Nodes;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>The index after a rebuild, and under a disk that refuses a call in the middle of its work: each case was found by the simulation once.</summary>
public sealed class IndexTroubleTests
{
    private const int Large = 700_000;

    [Fact]
    public void A_digest_that_was_kept_from_before_another_process_made_the_index_again_is_not_believed()
    {
        using var memory = new MemoryVault();
        var one = memory.Open();
        one.Digest();
        var other = memory.Open();
        other.Put("a", "1");

        // Made again in as many transactions as the first time: counted from zero, its version would be the one that the digest was kept for.
        memory.Stores.DeleteIndex();
        Assert.Equal("1", other.GetText("a"));
        Assert.Equal(other.Digest(), one.Digest());
        Assert.Equal("1", one.GetText("a"));
    }

    [Fact]
    public void A_rotten_row_of_a_membership_commit_neither_keeps_the_vault_shut_nor_changes_who_is_a_member()
    {
        using var memory = new MemoryVault();
        List<(byte[] Key, byte[] Row)> rows;
        Id32 digest;
        using (var vault = memory.Open())
        {
            memory.AddReplica(vault, "second").Dispose();
            vault.Put("k", "1");
            digest = vault.Digest().Digest;
        }

        // A good index, as its owner left it.
        var good = memory.Stores.Index.Snapshot();
        using (var read = memory.Stores.Index.Begin(write: false))
        {
            rows = [.. read.Scan(IndexTables.Membership).Select(m => (m.Value, read.Get(IndexTables.Commit, m.Value)!))];
        }

        Assert.Equal(2, rows.Count);
        foreach (var (key, row) in rows)
        {
            for (int bit = 0; bit < row.Length * 8; bit++)
            {
                byte[] rotten = [.. row];
                rotten[bit / 8] ^= (byte)(1 << (bit % 8));
                memory.Stores.Index.Restore(good);
                using (var write = memory.Stores.Index.Begin(write: true))
                {
                    write.Put(IndexTables.Commit, key, rotten);
                    write.Commit();
                }

                using var vault = memory.Open();
                Assert.Equal("1", vault.GetText("k"));
                Assert.Equal(digest, vault.Digest().Digest);
            }
        }
    }

    [Fact]
    public async Task After_a_rebuild_a_commit_still_names_what_its_author_learned_after_the_own_commit_before()
    {
        await using var pair = await PairedVaults.CreateAsync();
        using var third = await PairedVaults.JoinAsync(pair[1].Vault, "third");
        var theirs = third.Vault.Put("theirs", "1").Commits[0];
        third.Vault.UpdateIndex();
        var (vault, added) = (pair[0].Vault, Members(third.Vault));
        vault.Put("own", "1");

        // It waits, because who adds its device is not known here, while this device goes on.
        vault.Receive([third.Vault.ReadBundle(theirs, withSmallObjects: false)!]);
        vault.Put("own", "2");
        Assert.Null(vault.Find("items", "theirs"));
        vault.Receive(added);
        Assert.Equal("1", vault.GetText("theirs"));

        // A rebuild reads the membership first, so the commit is folded before the own one that did not know it.
        vault.RemakeIndex();
        var next = vault.Put("own", "3").Commits[0];
        vault.UpdateIndex();
        var header = Commit.Decode(vault.ReadBundle(next, withSmallObjects: false)!.Record).Header;
        Assert.Equal([theirs], header.Dependencies);
    }

    [Fact]
    public void A_read_that_fails_while_the_index_takes_commits_in_leaves_none_of_them_half_known()
    {
        using var memory = new MemoryVault();
        var reader = memory.Open();
        var writer = memory.Open();
        reader.Digest();
        int failed = 0;
        bool more = true;
        for (int call = 1; more; call++)
        {
            writer.Put("k" + call, "v" + call);
            writer.Delete("items", ["k" + (call - 1)]);
            int reached = 0;
            memory.Disk.FaultHook = c => c.Operation == "read" && ++reached == call ? DiskFault.Failed : null;
            try
            {
                reader.Find("items", "k" + call);
            }
            catch (SyncException e)
            {
                Assert.Equal(SyncErrors.DiskFailed, e.Kind);
                failed++;
            }

            more = reached >= call;
            memory.Disk.FaultHook = null;
            Assert.Equal("v" + call, reader.GetText("k" + call));
            Assert.Equal(0, reader.Status().Waiting);
            Assert.Equal(writer.Digest(), reader.Digest());
            Assert.All(writer.CommitsBehind(Lane.Data, new VersionVector()), id => Assert.Equal(CommitState.Applied, reader.FindCommit(id)?.State));
        }

        Assert.True(failed > 2, "no read was ever made to fail");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Whatever_the_disk_refuses_while_opening_writing_and_reading_a_caller_is_told_its_kind(bool full)
    {
        var bytes = new byte[Large];
        new Random(Large).NextBytes(bytes);
        bool done = false;
        int refused = 0;
        for (int call = 1; !done; call++)
        {
            using var memory = new MemoryVault();
            memory.Open().Put("before", "kept");
            int reached = 0;
            memory.Disk.FaultHook = c => Refusable(c, full) && ++reached == call ? new DiskFault(full ? DiskFailure.Full : DiskFailure.Failed) : null;
            try
            {
                var vault = memory.Open();
                vault.Put("items", "large", new MemoryStream(bytes));
                Assert.Equal(bytes, vault.Get("large"));
            }
            catch (SyncException e)
            {
                // What cannot be read is told by what it is; everything else is the disk's.
                Assert.Contains(e.Kind, new[] { SyncErrors.DiskFailed, SyncErrors.DiskFull, SyncErrors.VaultDamaged, SyncErrors.ContentNotHere, SyncErrors.ObjectDamaged });
                refused++;
            }

            done = reached < call;
            memory.Disk.FaultHook = null;
            Assert.Equal("kept", memory.Open().GetText("before"));
        }

        Assert.True(refused > 2, "hardly any call was ever refused");
    }

    [Fact]
    public void After_damage_in_the_log_own_commits_go_to_new_logs()
    {
        using var test = TestVault.Create();
        for (int i = 0; i < 4; i++) test.Vault.Put("k" + i, new string('x', 2_000) + i);
        var before = Own(test.Vault);
        test.Vault.Dispose();
        string log = Path.Combine(test.Folder, VaultPaths.LogFolder, "0001.log");
        byte[] bytes = File.ReadAllBytes(log);
        // In the middle of what was written: behind it stands room that was zeroed ahead.
        bytes[bytes.AsSpan().LastIndexOfAnyExcept((byte)0) / 2] ^= 1;
        File.WriteAllBytes(log, bytes);
        foreach (string path in Directory.GetFiles(test.Folder, "index.db*")) File.Delete(path);

        // A peer may know the commits that cannot be read here: numbers given twice would contradict it.
        test.Reopen();
        Assert.NotEqual(before, Own(test.Vault));
        var commit = test.Vault.Put("after", "1").Commits[0];
        Assert.Equal(Own(test.Vault), test.Vault.FindCommit(commit)!.Log);
        Assert.Equal(1UL, test.Vault.FindCommit(commit)!.Sequence);
    }

    [Fact]
    public void Objects_that_a_full_disk_refused_are_taken_by_the_next_pack()
    {
        using var memory = new MemoryVault();
        var source = memory.Open();
        byte[] bytes = new byte[500_000];
        new Random(1).NextBytes(bytes);
        source.Put("items", "large", new MemoryStream(bytes));
        byte[] records = Records(source);
        foreach (string path in memory.Stores.Disk.List(VaultPaths.PackFolder)) memory.Stores.Disk.Delete(VaultPaths.PackFolder + "/" + path);
        memory.Stores.DeleteIndex();

        var vault = memory.Open();
        Assert.True(vault.Status().Wanted > 0);
        using var receiver = vault.NewObjectReceiver();
        int writes = 0; // the first is the new pack's head
        memory.Disk.FaultHook = c =>
            c.Operation == "write" && c.Path.StartsWith(VaultPaths.PackFolder + "/", StringComparison.Ordinal) && ++writes == 2 ? DiskFault.ShortWrite(5_000) : null;
        Assert.Equal(DiskFailure.Full, Assert.Throws<DiskException>(() => receiver.Store(records, flush: true)).Failure);
        Assert.True(vault.Status().Wanted > 0);
        var stored = receiver.Store(records, flush: true);
        Assert.Empty(stored.Rejected);
        Assert.Equal(0, vault.Status().Wanted);
        Assert.Equal(bytes, vault.Get("large"));
    }

    private static bool Refusable(DiskCall call, bool full) => full ? call.Operation is "write" or "preallocate" : call.Operation is not "lock";

    private static LogId Own(Vault vault) => new OwnLogs(vault.Local, SystemRandomSource.Instance).Data;

    private static List<CommitBundle> Members(Vault vault) =>
        [.. vault.CommitsBehind(Lane.Membership, new VersionVector()).Select(id => vault.ReadBundle(id, withSmallObjects: false)!)];

    private static byte[] Records(Vault vault)
    {
        var writer = new System.Buffers.ArrayBufferWriter<byte>();
        for (int first = 0; first < 256; first++)
        {
            foreach (var address in vault.AddressesInRange((byte)first, null, int.MaxValue)) Assert.True(vault.TryReadObjectRecord(address, writer));
        }

        return writer.WrittenSpan.ToArray();
    }
}
