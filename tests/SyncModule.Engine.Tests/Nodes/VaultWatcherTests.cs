using SyncModule.Engine.Nodes;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Tests.Storage;
using SyncModule.Engine.Tests.Vaults;

namespace SyncModule.Engine.Tests.Nodes;

public sealed class VaultWatcherTests
{
    [Fact]
    public void Another_openers_commit_is_told_and_an_own_one_is_not()
    {
        using var test = TestVault.Create();
        using var other = test.Open();
        using var watcher = new VaultWatcher(test.Vault, null);
        int told = 0;
        using var subscription = watcher.Subscribe(() => Interlocked.Increment(ref told));
        test.Vault.Put("own", "1");
        test.Vault.Put("own", "2");
        Assert.Equal(0, told);
        other.Put("others", "1");
        test.Vault.Put("own", "3"); // the end of an append looks too, and finds the other one before it
        Assert.Equal(1, told);
        test.Vault.Put("own", "4");
        Assert.Equal(1, told);
    }

    [Fact]
    public void Growth_is_explained_only_where_all_of_it_is_own()
    {
        var disk = new MemoryDisk().OpenProcess();
        using CommitLog own = LogFixture.OpenLog(disk), other = LogFixture.OpenLog(disk, 2);
        var start = own.Append("a");
        var second = own.Append("b");
        Assert.True(own.Growth.Explains(start, second));
        var third = other.Append("c");
        Assert.False(own.Growth.Explains(second, third));
        var fourth = own.Append("d");
        Assert.False(own.Growth.Explains(second, fourth));
        Assert.True(own.Growth.Explains(third, fourth));
        using (var session = own.AcquireAppend(TimeSpan.Zero))
        {
            session.Append(LogFixture.Group("e"));
            Assert.Null(own.Growth.Explains(fourth, own.CurrentEnd()));
            session.Sync();
        }

        Assert.True(own.Growth.Explains(third, own.CurrentEnd()));
    }
}
