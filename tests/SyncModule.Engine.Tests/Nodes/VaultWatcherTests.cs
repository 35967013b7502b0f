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
    public void The_end_of_an_own_append_is_told_without_a_look_at_the_files()
    {
        using var memory = new MemoryVault();
        var vault = memory.Open();
        using var other = memory.Open();
        vault.Put("a", "1");
        using var watcher = new VaultWatcher(vault, null);
        int told = 0, looks = 0;
        using var subscription = watcher.Subscribe(() => told++);
        bool synced = false;
        vault.OwnGrowth.Ended += (_, _) => synced = false; // behind the watcher's own
        memory.Disk.FaultHook = call =>
        {
            if (synced) looks++;
            synced |= call is { Operation: "sync" } && call.Path.StartsWith("log/", StringComparison.Ordinal);
            return null;
        };
        vault.Put("a", "2");
        Assert.False(synced);
        Assert.Equal(0, looks);
        Assert.Equal(0, told);
        memory.Disk.FaultHook = null;
        other.Put("b", "1");
        vault.Put("a", "3");
        Assert.Equal(1, told);
    }

    [Fact]
    public void What_the_files_say_during_an_own_append_waits_for_its_end()
    {
        var disk = new MemoryDisk().OpenProcess();
        using CommitLog own = LogFixture.OpenLog(disk), other = LogFixture.OpenLog(disk, 2);
        var ends = new List<(LogMark From, LogMark End)>();
        own.Growth.Ended += (from, end) => ends.Add((from, end));
        own.Append("a");
        var others = other.Append("b");
        Assert.False(own.Growth.IsAppending);
        LogMark end;
        using (var session = own.AcquireAppend(TimeSpan.Zero))
        {
            Assert.True(own.Growth.IsAppending);
            session.Append(LogFixture.Group("c"));
            end = session.Sync();
            Assert.Single(ends);
        }

        Assert.False(own.Growth.IsAppending);
        Assert.Equal((others, end), ends[^1]);
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
