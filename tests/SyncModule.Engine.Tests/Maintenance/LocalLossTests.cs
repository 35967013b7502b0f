using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Maintenance;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Tests.Nodes;
using SyncModule.Engine.Tests.Vaults;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Maintenance;

/// <summary>A vault whose local.db is gone or damaged: only a repair opens it, and nothing that is in its logs is lost (docs/decisions/027).</summary>
public sealed class LocalLossTests
{
    [Theory]
    [InlineData("gone")]
    [InlineData("empty")]
    [InlineData("garbage")]
    [InlineData("page")]
    [InlineData("logs")]
    public void The_vault_comes_back_with_a_new_one_and_writes_to_new_logs(string what)
    {
        using var test = TestVault.Create();
        for (int i = 0; i < 20; i++) test.Vault.Put("item " + i, "value " + i);
        for (int i = 0; i < 200; i++) Put(test.Vault, LocalTables.ImportBase, BitConverter.GetBytes(i), new byte[100]);
        var log = OwnLog(test.Vault);
        var digest = test.Vault.Digest();
        if (what == "logs") Put(test.Vault, LocalTables.Meta, "logs"u8, [0x82, 0x40, 0x40]);
        test.Vault.Dispose();
        Spoil(Path.Combine(test.Folder, VaultPaths.Local), what);
        if (what != "page") Assert.Equal("LocalStateDamaged", Assert.Throws<SyncException>(test.Open).ErrorId);

        var stores = new MendingStores(new FolderStores(test.Folder, null));
        using (var mended = VaultCreation.Open(stores, file => file.UnlockWithKeyFile(test.Key), TimeProvider.System, SystemRandomSource.Instance))
        {
            Assert.NotNull(stores.Loss);
            Assert.Equal(what != "gone", stores.Loss.KeptAs is { } kept && File.Exists(Path.Combine(test.Folder, kept)));
            Assert.Equal(digest, mended.Digest());
            mended.Put("item 3", "after");
            Assert.NotEqual(log, OwnLog(mended));
            Assert.Empty(new PeerBook(mended).List());
        }

        // From now on like any other, and a second repair finds nothing to mend.
        test.Reopen();
        Assert.Equal("after", test.Vault.GetText("item 3"));
        Assert.Equal(1, test.Vault.Find("items", "item 3")!.MostHeads);
        Assert.Empty(Verifier.Run(test.Vault, new VerifyOptions(ReadData: true)).Damaged);
        test.Vault.Dispose();
        stores = new(new FolderStores(test.Folder, null));
        VaultCreation.Open(stores, file => file.UnlockWithKeyFile(test.Key), TimeProvider.System, SystemRandomSource.Instance).Dispose();
        Assert.Null(stores.Loss);
    }

    [Fact]
    public async Task A_peer_that_has_more_of_the_old_log_meets_no_contradiction()
    {
        await using var pair = await PairedVaults.CreateAsync();
        pair[1].Vault.Put("a", "1");
        pair[1].Vault.Put("b", "1");
        await pair.SyncAsync(1, 0);

        pair[1].Vault.Dispose();
        string folder = pair[1].Folder;
        File.Delete(Path.Combine(folder, VaultPaths.Local));
        var stores = new MendingStores(new FolderStores(folder, null));
        VaultCreation.Open(stores, file => file.UnlockWithKeyFile(pair[1].Key), TimeProvider.System, SystemRandomSource.Instance).Dispose();
        pair[1].Reopen();
        pair[1].Vault.Put("b", "2");
        using var node = new SyncNode(pair[1].Vault, new NodeOptions { Folder = folder });
        var round = await node.SyncAsync([pair.Address(0)], new SyncRequest());
        Assert.Equal(SyncOutcome.Synced, round.Outcome);
        Assert.Equal("2", pair[0].Vault.GetText("b"));
        Assert.Equal(1, pair[0].Vault.Find("items", "b")!.MostHeads);
        Assert.Equal(pair[0].Vault.Digest().Digest, pair[1].Vault.Digest().Digest);
        Assert.All(pair[0].Vault.HeldVector(Lane.Data).Logs, l => Assert.Single(l.Value));
    }

    [Fact]
    public void A_wrong_key_mends_nothing()
    {
        using var test = TestVault.Create();
        test.Vault.Dispose();
        File.Delete(Path.Combine(test.Folder, VaultPaths.Local));
        using var other = KeyFile.Create(SystemRandomSource.Instance);
        var stores = new MendingStores(new FolderStores(test.Folder, null));
        Assert.Equal("WrongKeyFile", Assert.Throws<SyncException>(() => VaultCreation.Open(stores, file => file.UnlockWithKeyFile(other), TimeProvider.System, SystemRandomSource.Instance)).ErrorId);
        Assert.False(File.Exists(Path.Combine(test.Folder, VaultPaths.Local)));
    }

    private static void Put(Vault vault, int table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        using var transaction = vault.Local.Begin(write: true);
        transaction.Put(table, key, value);
        transaction.Commit();
    }

    private static LogId OwnLog(Vault vault)
    {
        vault.Put("own", Guid.NewGuid().ToString());
        return Commit.Decode(vault.ReadBundle(vault.Find("items", "own")!.Item!.First.Dot.Commit, false)!.Record).Header.Log;
    }

    private static void Spoil(string path, string what)
    {
        switch (what)
        {
            case "gone":
                foreach (string file in Directory.GetFiles(Path.GetDirectoryName(path)!, "local.db*")) File.Delete(file);
                break;
            case "empty":
                File.WriteAllBytes(path, []);
                break;
            case "logs":
                break;
            case "garbage":
                File.WriteAllBytes(path, [.. Enumerable.Range(0, 9_000).Select(i => (byte)(i * 7))]);
                break;
            default:
                // The header stays; every page behind it is garbage.
                byte[] bytes = File.ReadAllBytes(path);
                bytes.AsSpan(4_096).Fill(0xA5);
                File.WriteAllBytes(path, bytes);
                break;
        }
    }
}
