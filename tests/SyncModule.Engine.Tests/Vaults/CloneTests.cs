using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Tests.Nodes;

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
        pair[1].Vault.Dispose();

        // The same inodes with older bytes: only a peer can tell.
        foreach (var (path, bytes) in saved)
        {
            using var file = new FileStream(path, FileMode.OpenOrCreate);
            file.SetLength(0);
            file.Write(bytes);
        }

        foreach (string path in Directory.GetFiles(pair[1].Folder, "index.db*")) File.Delete(path);
        pair[1].Reopen();
        using var node = new Engine.Nodes.SyncNode(pair[1].Vault);
        await node.SyncAsync([pair.Address(0)], new Engine.Nodes.SyncRequest());
        pair[1].Vault.Put("k", "3");
        await node.SyncAsync([pair.Address(0)], new Engine.Nodes.SyncRequest());
        Assert.Equal("3", pair[0].Vault.GetText("k"));
        Assert.Equal(pair[0].Vault.Digest(), pair[1].Vault.Digest());
        Assert.All(pair[0].Vault.HeldVector(Lane.Data).Logs, log => Assert.Single(log.Value));
    }

    [Fact]
    public async Task A_log_that_went_back_behind_what_a_peer_acknowledged_is_noticed_before_the_next_write()
    {
        await using var pair = await PairedVaults.CreateAsync();
        pair[1].Vault.Put("k", "1");
        await pair.SyncAsync(1, 0);
        pair[1].Vault.Dispose();
        var saved = Snapshot(pair[1].Folder).Where(f => f.Key.Contains("/log/", StringComparison.Ordinal)).ToList();
        pair[1].Reopen();
        pair[1].Vault.Put("k", "2");
        using (var node = new Engine.Nodes.SyncNode(pair[1].Vault)) await node.SyncAsync([pair.Address(0)], new Engine.Nodes.SyncRequest());
        pair[1].Vault.Dispose();
        foreach (var (path, bytes) in saved)
        {
            using var file = new FileStream(path, FileMode.Open);
            file.SetLength(0);
            file.Write(bytes);
        }

        pair[1].Reopen();
        pair[1].Vault.Put("k", "written in the old state");
        using var again = new Engine.Nodes.SyncNode(pair[1].Vault);
        await again.SyncAsync([pair.Address(0)], new Engine.Nodes.SyncRequest());
        Assert.Equal(pair[0].Vault.Digest(), pair[1].Vault.Digest());
        Assert.All(pair[0].Vault.HeldVector(Lane.Data).Logs, log => Assert.Single(log.Value));
        Assert.Equal(3, pair[0].Vault.History("items", "k").Count);
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
        pair[1].Vault.Dispose();
        foreach (var (path, bytes) in saved)
        {
            using var file = new FileStream(path, FileMode.OpenOrCreate);
            file.SetLength(0);
            file.Write(bytes);
        }

        foreach (string path in Directory.GetFiles(pair[1].Folder, "index.db*")) File.Delete(path);
        pair[1].Reopen();
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
}
