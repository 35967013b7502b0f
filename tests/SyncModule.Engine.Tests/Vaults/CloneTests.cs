using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Maintenance;
using SyncModule.Engine.Tests.Nodes;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>Format-1 §2: a restored backup or a cloned disk never contradicts itself.</summary>
public sealed class CloneTests
{
    [Fact]
    public void A_copied_folder_starts_new_logs_and_the_original_keeps_its_own()
    {
        using var original = TestVault.Create();
        original.Vault.Put("a", "1");
        original.Vault.Dispose();
        using var copy = original.OpenCopy(Copy(original.Folder));
        original.Reopen();
        copy.Vault.Put("a", "in the copy");
        original.Vault.Put("a", "in the original");
        Assert.Equal(2, copy.Vault.HeldVector(Lane.Data).Count);
        Assert.Equal(1, original.Vault.HeldVector(Lane.Data).Count);
        Assert.All(copy.Vault.HeldVector(Lane.Data).Logs, log => Assert.Single(log.Value));
    }

    [Fact]
    public async Task Two_copies_of_one_device_sync_with_each_other()
    {
        await using var pair = await PairedVaults.CreateAsync();
        pair[0].Vault.Put("both", "have it");
        using var copy = pair[0].OpenCopy(Copy(pair[0].Folder));
        copy.Vault.Put("a", "in the copy");
        pair[0].Vault.Put("b", "in the original");
        Assert.Equal(pair[0].Vault.Device, copy.Vault.Device);
        using var node = new Engine.Nodes.SyncNode(copy.Vault);
        Assert.Equal(SyncOutcome.Synced, (await node.SyncAsync([pair.Address(0)], new Engine.Nodes.SyncRequest())).Outcome);
        Assert.Equal("in the copy", pair[0].Vault.GetText("a"));
        Assert.Equal("in the original", copy.Vault.GetText("b"));
        Assert.Equal(pair[0].Vault.Digest(), copy.Vault.Digest());
    }

    [Fact]
    public async Task A_backup_that_was_put_back_keeps_both_sides_edits_and_forks_no_log()
    {
        await using var pair = await PairedVaults.CreateAsync();
        pair[1].Vault.Put("before", "the backup");
        await pair.SyncAsync(1, 0);
        string backup = Copy(pair[1].Folder);
        pair[1].Vault.Put("after", "the backup was made");
        await pair.SyncAsync(1, 0);

        // The machine burns; the backup is put back in another place and used.
        using var restored = TestVault.OpenAt(backup, pair[1].Key);
        restored.Vault.Put("offline", "in the restored folder");
        using var node = new Engine.Nodes.SyncNode(restored.Vault);
        await node.SyncAsync([pair.Address(0)], new Engine.Nodes.SyncRequest());
        Assert.Equal("the backup was made", restored.Vault.GetText("after"));
        Assert.Equal("in the restored folder", pair[0].Vault.GetText("offline"));
        Assert.Equal(pair[0].Vault.Digest(), restored.Vault.Digest());
        Assert.All(pair[0].Vault.HeldVector(Lane.Data).Logs, log => Assert.Single(log.Value));
    }

    [Fact]
    public async Task A_backup_restored_in_place_is_noticed_by_the_peers_proof_and_nothing_is_lost()
    {
        await using var pair = await PairedVaults.CreateAsync();
        pair[1].Vault.Put("k", "1");
        await pair.SyncAsync(1, 0);
        var saved = Snapshot(pair[1].Folder);
        pair[1].Vault.Put("k", "2");
        await pair.SyncAsync(1, 0);
        RestoreInPlace(pair[1], saved);
        using var node = new Engine.Nodes.SyncNode(pair[1].Vault);
        await node.SyncAsync([pair.Address(0)], new Engine.Nodes.SyncRequest());
        pair[1].Vault.Put("k", "3");
        await node.SyncAsync([pair.Address(0)], new Engine.Nodes.SyncRequest());
        Assert.Equal("3", pair[0].Vault.GetText("k"));
        Assert.Equal(pair[0].Vault.Digest(), pair[1].Vault.Digest());
        Assert.All(pair[0].Vault.HeldVector(Lane.Data).Logs, log => Assert.Single(log.Value));
        // What was written after the proof stands in a log of its own: how much more of the old one others hold nobody knows.
        Assert.Equal(2, pair[0].Vault.HeldVector(Lane.Data).Count);
    }

    [Fact]
    public async Task A_log_that_went_back_behind_what_a_peer_acknowledged_is_noticed_before_the_next_write()
    {
        await using var pair = await PairedVaults.CreateAsync();
        pair[1].Vault.Put("k", "1");
        await pair.SyncAsync(1, 0);
        pair[1].Vault.Dispose();
        var saved = SnapshotOfLog(pair[1].Folder);
        pair[1].Reopen();
        pair[1].Vault.Put("k", "2");
        using (var node = new Engine.Nodes.SyncNode(pair[1].Vault)) await node.SyncAsync([pair.Address(0)], new Engine.Nodes.SyncRequest());
        pair[1].Vault.Dispose();
        PutBack(saved);
        pair[1].Reopen();
        pair[1].Vault.Put("k", "written in the old state");
        using var again = new Engine.Nodes.SyncNode(pair[1].Vault);
        await again.SyncAsync([pair.Address(0)], new Engine.Nodes.SyncRequest());
        Assert.Equal(pair[0].Vault.Digest(), pair[1].Vault.Digest());
        Assert.All(pair[0].Vault.HeldVector(Lane.Data).Logs, log => Assert.Single(log.Value));
        Assert.Equal(3, pair[0].Vault.History("items", "k").Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_log_that_went_back_behind_the_witness_is_told_and_one_without_a_witness_is_used_as_it_is(bool kept)
    {
        string witness = TestVault.NewFolder();
        using var test = TestVault.Create(witness: witness);
        test.Vault.Put("k", "1");
        test.Vault.Dispose();
        var saved = SnapshotOfLog(test.Folder);
        // Where the state folder should be, stands a file: no witness can be written there, and nothing fails for that.
        if (!kept)
        {
            Directory.Delete(witness, recursive: true);
            File.WriteAllText(witness, "");
        }

        test.Reopen();
        test.Vault.Put("k", "2");
        test.Reopen();
        Assert.Equal("2", test.Vault.GetText("k"));
        test.Vault.Dispose();
        PutBack(saved);
        // An index that has more would be a witness as well.
        if (!kept) DeleteIndex(test.Folder);
        test.Reopen();
        test.Vault.Put("k", "3");
        Assert.Equal("3", test.Vault.GetText("k"));
        Assert.Equal(kept ? 2 : 1, test.Vault.HeldVector(Lane.Data).Count);
        Assert.Equal(kept ? 1 : 0, Verifier.Run(test.Vault, new VerifyOptions()).Damaged.Count);
        if (kept) Directory.Delete(witness, recursive: true);
        else File.Delete(witness);
    }

    [Fact]
    public async Task Edits_made_before_the_proof_arrives_become_a_fork_of_which_both_branches_are_kept()
    {
        await using var pair = await PairedVaults.CreateAsync();
        pair[1].Vault.Put("k", "1");
        await pair.SyncAsync(1, 0);
        var saved = Snapshot(pair[1].Folder);
        pair[1].Vault.Put("k", "2");
        await pair.SyncAsync(1, 0);
        RestoreInPlace(pair[1], saved);
        pair[1].Vault.Put("k", "offline, in the old state");
        using var node = new Engine.Nodes.SyncNode(pair[1].Vault);
        await node.SyncAsync([pair.Address(0)], new Engine.Nodes.SyncRequest());
        await node.SyncAsync([pair.Address(0)], new Engine.Nodes.SyncRequest());
        Assert.Equal(pair[0].Vault.Digest(), pair[1].Vault.Digest());
        Assert.Equal(3, pair[0].Vault.History("items", "k").Count);
        Assert.Single(pair[0].Vault.MergeRecords(), r => r.State == MergeState.Open);
        pair[1].Vault.Put("k", "3");
        await node.SyncAsync([pair.Address(0)], new Engine.Nodes.SyncRequest());
        Assert.Equal("3", pair[0].Vault.GetText("k"));
        Assert.Equal(pair[0].Vault.Digest(), pair[1].Vault.Digest());
    }

    private static string Copy(string folder)
    {
        string copy = TestVault.NewFolder();
        foreach (string path in Directory.GetFiles(folder, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(copy, Path.GetRelativePath(folder, path));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            using var source = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var destination = File.Create(target);
            source.CopyTo(destination);
        }

        return copy;
    }

    private static Dictionary<string, byte[]> Snapshot(string folder)
    {
        var saved = new Dictionary<string, byte[]>();
        foreach (string path in Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Where(p => !Path.GetFileName(p).StartsWith("index", StringComparison.Ordinal)))
        {
            using var source = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[source.Length];
            source.ReadExactly(bytes);
            saved[path] = bytes;
        }

        return saved;
    }

    private static Dictionary<string, byte[]> SnapshotOfLog(string folder) =>
        Snapshot(folder).Where(f => f.Key.StartsWith(Path.Combine(folder, VaultPaths.LogFolder) + Path.DirectorySeparatorChar, StringComparison.Ordinal)).ToDictionary();

    // The same inodes with older bytes: only a peer, or a witness, can tell.
    private static void PutBack(Dictionary<string, byte[]> saved)
    {
        foreach (var (path, bytes) in saved)
        {
            using var file = new FileStream(path, FileMode.OpenOrCreate);
            file.SetLength(0);
            file.Write(bytes);
        }
    }

    private static void RestoreInPlace(TestVault test, Dictionary<string, byte[]> saved)
    {
        test.Vault.Dispose();
        PutBack(saved);
        DeleteIndex(test.Folder);
        test.Reopen();
    }

    private static void DeleteIndex(string folder)
    {
        foreach (string path in Directory.GetFiles(folder, "index.db*")) File.Delete(path);
    }
}
