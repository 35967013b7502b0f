using System.Runtime.Versioning;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Tests.Storage.Tables;

public sealed class MemoryTableStoreTests : TableStoreConformance
{
    [Fact]
    public void A_restored_snapshot_undoes_later_commits_any_number_of_times()
    {
        using var store = new MemoryTableStore();
        Write(store, t => t.Put(0, [1], [1]));
        MemoryTableSnapshot kept = store.Snapshot();
        for (int i = 0; i < 3; i++)
        {
            Write(store, t => { t.Put(0, [1], [2]); t.Put(0, [2], [2]); });
            store.Restore(kept);
            using var read = store.Begin(write: false);
            Assert.Equal("1:1", Text(read.Scan(0)));
        }
    }

    [Fact]
    public void Reset_drops_rows_and_the_need_for_it()
    {
        using var store = new MemoryTableStore { NeedsRebuild = true };
        Write(store, t => t.Put(7, [1], [1]));
        store.Reset();
        using var read = store.Begin(write: false);
        Assert.Equal(0, read.Count(7));
        Assert.False(store.NeedsRebuild);
    }

    protected override ITableStore Open() => new MemoryTableStore();
}

public abstract class SqliteConformance : TableStoreConformance, IDisposable
{
    private protected readonly TemporaryFolder _folder = new();

    [Fact]
    public void Two_handles_see_each_others_commits()
    {
        using ITableStore one = Open(), two = Open();
        Write(one, t => t.Put(0, [1], [1]));
        Write(two, t => t.Put(0, [2], [2]));
        using ITableTransaction first = one.Begin(write: false), second = two.Begin(write: false);
        Assert.Equal("1:1 2:2", Text(first.Scan(0)));
        Assert.Equal("1:1 2:2", Text(second.Scan(0)));
    }

    [Fact]
    public void Rows_are_there_when_the_file_is_opened_again()
    {
        using (var store = Open()) Write(store, t => t.Put(0, [1], [1]));
        using var again = Open();
        using var read = again.Begin(write: false);
        Assert.Equal("1:1", Text(read.Scan(0)));
    }

    [Fact]
    public void A_transaction_that_outlives_its_store_still_commits()
    {
        var store = Open();
        using (var write = store.Begin(write: true))
        {
            store.Dispose();
            write.Put(0, [1], [1]);
            write.Commit();
        }

        using var again = Open();
        using var read = again.Begin(write: false);
        Assert.Equal("1:1", Text(read.Scan(0)));
    }

    [Fact]
    public async Task Handles_that_write_at_once_lose_nothing()
    {
        Task Worker(byte id) => Task.Factory.StartNew(
            () =>
            {
                using var store = Open();
                for (int i = 0; i < 2000; i += 100)
                {
                    Write(store, t =>
                    {
                        for (int j = i; j < i + 100; j++) t.Put(4, [id, (byte)(j >> 8), (byte)j], new byte[j % 300]);
                    });
                }
            },
            TaskCreationOptions.LongRunning);
        await Task.WhenAll(Worker(1), Worker(2), Worker(3));
        using var again = Open();
        using var read = again.Begin(write: false);
        Assert.Equal(6000, read.Count(4));
    }

    [Fact]
    public void Another_handles_writer_that_does_not_end_is_reported_as_busy()
    {
        using ITableStore one = Open(), two = OpenWith(TimeSpan.FromMilliseconds(20));
        using var held = one.Begin(write: true);
        Assert.Equal("VaultBusy", Assert.Throws<SyncException>(() => two.Begin(write: true)).ErrorId);
        using var read = two.Begin(write: false);
        Assert.Empty(read.Scan(0));
    }

    [FactWithFileModes]
    [UnsupportedOSPlatform("windows")]
    public void Files_are_for_the_owner_only()
    {
        using var store = Open();
        Write(store, t => t.Put(0, [1], [1]));
        string[] files = Directory.GetFiles(_folder.Path);
        Assert.True(files.Length >= 3);
        Assert.All(files, f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(f)));
    }

    [Fact]
    public void A_deleted_or_replaced_file_is_noticed_and_takes_no_writes()
    {
        using var store = Open();
        Write(store, t => t.Put(0, [1], [1]));
        Assert.False(Replaced(store));
        using var open = store.Begin(write: true);
        open.Put(0, [2], [2]);
        SqliteTableStore.Delete(_folder.File("t.db"));
        Assert.True(Replaced(store));
        using (var other = Open()) Write(other, t => t.Put(0, [3], [3]));
        Assert.True(Replaced(store));
        Assert.Equal(DamageId, Assert.Throws<SyncException>(open.Commit).ErrorId);
        Assert.Equal(DamageId, Assert.Throws<SyncException>(() => store.Begin(write: true)).ErrorId);
        store.Dispose();
        using var again = Open();
        using var read = again.Begin(write: false);
        Assert.Equal("3:3", Text(read.Scan(0)));
    }

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    protected abstract string DamageId { get; }

    protected override ITableStore Open() => OpenWith(TimeSpan.FromSeconds(30));

    protected abstract ITableStore OpenWith(TimeSpan deadline);

    private static bool Replaced(ITableStore store) => ((SqliteTableStore)store).FileReplaced;
}

public sealed class SqliteLogIndexConformance : SqliteConformance
{
    protected override string DamageId => "IndexDamaged";

    protected override ITableStore OpenWith(TimeSpan deadline) => SqliteLogIndex.Open(_folder.File("t.db"), new Id16(new byte[16]), deadline);
}

public sealed class SqliteLocalStoreConformance : SqliteConformance
{
    protected override string DamageId => "LocalStateDamaged";

    protected override ITableStore OpenWith(TimeSpan deadline) => SqliteLocalStore.Open(_folder.File("t.db"), create: true, deadline);
}
