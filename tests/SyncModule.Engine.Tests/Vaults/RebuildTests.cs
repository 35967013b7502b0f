using System.Security.Cryptography;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Maintenance;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>An index that is made again from a log of some megabytes, which is read ahead on a thread of its own.</summary>
public sealed class RebuildTests : IDisposable
{
    private readonly TestVault _test = TestVault.Create();

    public void Dispose() => _test.Dispose();

    [Fact]
    public void An_index_made_again_says_what_the_first_one_said()
    {
        Fill();
        var (digest, items) = (_test.Vault.Digest(), _test.Vault.Items().Select(i => Convert.ToHexString(i.Encode())).ToList());
        WithoutIndex();
        Assert.Equal(digest, _test.Vault.Digest());
        Assert.Equal(items, _test.Vault.Items().Select(i => Convert.ToHexString(i.Encode())));
        Assert.Equal("last", _test.Vault.GetText("item/5"));
        var verified = Verifier.Run(_test.Vault, new VerifyOptions());
        Assert.True(verified.StateFits);
        Assert.Empty(verified.Damaged);
        Assert.DoesNotContain(Directory.GetFiles(_test.Folder), f => f.Contains("check", StringComparison.Ordinal));
    }

    [Fact]
    public void Damage_on_the_way_is_passed_over_and_told()
    {
        Fill();
        int before = _test.Vault.Items().Count;
        _test.Vault.Dispose();
        string log = Directory.GetFiles(Path.Combine(_test.Folder, "log"), "*.log").Order().First();
        byte[] bytes = File.ReadAllBytes(log);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(log, bytes);
        DeleteIndex();
        _test.Reopen();

        // One commit is lost, and what follows on it waits for it.
        Assert.InRange(_test.Vault.Items().Count, 1, before - 1);
        Assert.NotEmpty(Verifier.Run(_test.Vault, new VerifyOptions()).Damaged);
    }

    private void Fill()
    {
        for (int first = 0; first < 6_000; first += 500)
        {
            _test.Vault.Commit([new([.. Enumerable.Range(first, 500).Select(i => new ItemIntent("items", "item/" + i, s => Writes.Put(s, "items", "item/" + i, ItemValue.FromBytes(RandomNumberGenerator.GetBytes(1024)))))], [])]);
        }

        for (int i = 0; i < 20; i++) _test.Vault.Put("item/" + i, "again");
        _test.Vault.Put("item/5", "last");
        _test.Vault.Delete("items", ["item/7"]);
    }

    private void WithoutIndex()
    {
        _test.Vault.Dispose();
        DeleteIndex();
        _test.Reopen();
    }

    private void DeleteIndex()
    {
        foreach (string file in Directory.GetFiles(_test.Folder, VaultPaths.Index + "*")) File.Delete(file);
    }
}
