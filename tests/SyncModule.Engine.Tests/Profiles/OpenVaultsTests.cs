using SyncModule.Engine.Profiles;
using SyncModule.Engine.Tests.Transport;
using SyncModule.Engine.Tests.Vaults;

namespace SyncModule.Engine.Tests.Profiles;

public sealed class OpenVaultsTests : IDisposable
{
    private readonly TestVault _vault = TestVault.Create();
    private readonly OpenVaults _open = new(TimeProvider.System);
    private int _unlocks;

    public void Dispose()
    {
        _open.Dispose();
        _vault.Dispose();
    }

    [Fact]
    public void Users_of_one_folder_share_one_vault_and_one_unlock()
    {
        using var first = Open();
        using var second = Open(_vault.Folder + Path.DirectorySeparatorChar);
        Assert.Same(first.Vault, second.Vault);
        Assert.Equal(1, _unlocks);
        Assert.Equal(2, _open.UsersOf(_vault.Folder));
    }

    [Fact]
    public void Sixteen_at_once_unlock_once()
    {
        Parallel.For(0, 16, new ParallelOptions { MaxDegreeOfParallelism = 16 }, _ => Open().Dispose());
        Assert.Equal(1, _unlocks);
        Assert.True(_open.IsUnlocked(_vault.Folder));
    }

    [Fact]
    public void A_link_to_the_folder_is_the_same_vault()
    {
        if (OperatingSystem.IsWindows()) return;
        string link = TestVault.NewFolder();
        Directory.CreateSymbolicLink(link, _vault.Folder);
        try
        {
            using var first = Open();
            using var second = Open(link);
            Assert.Same(first.Vault, second.Vault);
        }
        finally
        {
            Directory.Delete(link);
        }
    }

    [Fact]
    public void Who_only_looks_does_not_keep_it_open()
    {
        var time = new ManualTime();
        using var open = new OpenVaults(time);
        open.Open(_vault.Folder, file => file.UnlockWithKeyFile(_vault.Key), TimeSpan.FromMinutes(1)).Dispose();
        for (int i = 0; i < 3; i++)
        {
            time.Advance(TimeSpan.FromSeconds(18));
            open.Peek(_vault.Folder)!.Dispose();
        }

        time.Advance(TimeSpan.FromSeconds(18));
        Assert.Null(open.Peek(_vault.Folder));
        open.Open(_vault.Folder, file => file.UnlockWithKeyFile(_vault.Key), TimeSpan.FromMinutes(1)).Dispose();
        time.Advance(TimeSpan.FromSeconds(54));
        open.Find(_vault.Folder)!.Dispose();
        time.Advance(TimeSpan.FromSeconds(18));
        Assert.True(open.IsUnlocked(_vault.Folder));
    }

    [Fact]
    public void A_failed_unlock_leaves_it_locked_and_the_next_one_works()
    {
        Assert.Equal("VaultLocked", Assert.Throws<SyncException>(() => _open.Open(_vault.Folder, _ => throw SyncErrors.VaultLocked.With("No"))).ErrorId);
        Assert.False(_open.IsUnlocked(_vault.Folder));
        Assert.Null(_open.Find(_vault.Folder));
        Open().Dispose();
        Assert.True(_open.IsUnlocked(_vault.Folder));
    }

    [Fact]
    public void Locking_asks_users_to_end_and_waits_with_the_keys_for_the_last()
    {
        var user = Open();
        var vault = user.Vault;
        Assert.True(_open.Lock(_vault.Folder));
        Assert.True(user.Locked.IsCancellationRequested);
        Assert.False(_open.IsUnlocked(_vault.Folder));
        Assert.Equal(0, vault.Status().Items); // still usable by the one that holds it
        user.Dispose();
        Assert.Throws<ObjectDisposedException>(() => vault.Status());
        using var again = Open();
        Assert.NotSame(vault, again.Vault);
        Assert.Equal(2, _unlocks);
    }

    [Fact]
    public void A_lease_is_given_back_once()
    {
        var first = Open();
        using var second = Open();
        first.Dispose();
        first.Dispose();
        Assert.Equal(1, _open.UsersOf(_vault.Folder));
    }

    private VaultLease Open(string? folder = null) => _open.Open(folder ?? _vault.Folder, file =>
    {
        Interlocked.Increment(ref _unlocks);
        return file.UnlockWithKeyFile(_vault.Key);
    });
}
