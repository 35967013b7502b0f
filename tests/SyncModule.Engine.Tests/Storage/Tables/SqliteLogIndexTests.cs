using SyncModule.Core.Model;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Tests.Storage.Tables;

/// <summary>When an index is believed after the machine stopped. A power cut is a copy of the files as they are, opened in another boot.</summary>
public sealed class SqliteLogIndexTests : IDisposable
{
    private static readonly Id16 Monday = new([.. Enumerable.Repeat((byte)1, 16)]), Tuesday = new([.. Enumerable.Repeat((byte)2, 16)]);
    private readonly TemporaryFolder _folder = new(), _after = new();

    [Fact]
    public void A_new_index_needs_no_rebuild()
    {
        using SqliteLogIndex index = Open(Monday);
        Assert.False(index.NeedsRebuild);
    }

    [Fact]
    public void After_a_clean_close_the_next_boot_believes_it()
    {
        using (SqliteLogIndex index = Open(Monday)) Put(index, 1);
        using SqliteLogIndex next = Open(Tuesday);
        Assert.False(next.NeedsRebuild);
        Assert.Equal([1], Keys(next));
    }

    [Fact]
    public void After_a_kill_the_same_boot_believes_it_and_the_next_does_not()
    {
        using SqliteLogIndex index = Open(Monday);
        Put(index, 1);
        Cut();
        using (SqliteLogIndex same = OpenAfter(Monday))
        {
            Assert.False(same.NeedsRebuild);
            Assert.Equal([1], Keys(same));
        }

        Cut();
        using SqliteLogIndex other = OpenAfter(Tuesday);
        Assert.True(other.NeedsRebuild);
        Assert.Equal("IndexDamaged", Assert.Throws<SyncException>(() => other.Begin(write: true)).ErrorId);
    }

    [Fact]
    public void A_write_after_a_clean_close_takes_the_mark_back()
    {
        using (SqliteLogIndex index = Open(Monday)) Put(index, 1);
        using SqliteLogIndex again = Open(Tuesday);
        Put(again, 2);
        Cut();
        using SqliteLogIndex next = OpenAfter(Monday);
        Assert.True(next.NeedsRebuild);
    }

    [Fact]
    public void Reading_alone_keeps_the_mark()
    {
        using (SqliteLogIndex index = Open(Monday)) Put(index, 1);
        using SqliteLogIndex again = Open(Tuesday);
        Assert.Equal([1], Keys(again));
        Cut();
        using SqliteLogIndex next = OpenAfter(Monday);
        Assert.False(next.NeedsRebuild);
    }

    [Fact]
    public void One_that_closes_well_does_not_vouch_for_another_that_is_cut()
    {
        using SqliteLogIndex stays = Open(Monday);
        Put(stays, 1);
        using (SqliteLogIndex leaves = Open(Monday)) Put(leaves, 2);
        Cut();
        using (SqliteLogIndex next = OpenAfter(Tuesday)) Assert.True(next.NeedsRebuild);

        // The last one vouches for all.
        stays.Dispose();
        Cut();
        using SqliteLogIndex later = OpenAfter(Tuesday);
        Assert.False(later.NeedsRebuild);
        Assert.Equal([1, 2], Keys(later));
    }

    [Fact]
    public void A_rebuild_that_was_not_begun_is_still_needed_after_a_clean_close()
    {
        using SqliteLogIndex index = Open(Monday);
        Put(index, 1);
        Cut();
        OpenAfter(Tuesday).Dispose();
        using SqliteLogIndex again = OpenAfter(Tuesday);
        Assert.True(again.NeedsRebuild);
    }

    [Fact]
    public void Reset_leaves_an_empty_index_that_is_believed()
    {
        using SqliteLogIndex index = Open(Monday);
        Put(index, 1);
        Cut();
        using (SqliteLogIndex next = OpenAfter(Tuesday))
        {
            next.Reset();
            Assert.False(next.NeedsRebuild);
            Assert.False(next.FileReplaced);
            Assert.Empty(Keys(next));
            Put(next, 7);
        }

        using SqliteLogIndex later = OpenAfter(Monday);
        Assert.False(later.NeedsRebuild);
        Assert.Equal([7], Keys(later));
    }

    [Fact]
    public void Reset_beside_another_opener_drops_the_rows_for_both()
    {
        using SqliteLogIndex index = Open(Monday);
        Put(index, 1);
        Cut();
        using SqliteLogIndex one = OpenAfter(Tuesday), two = OpenAfter(Tuesday);
        one.Reset();
        Assert.False(two.NeedsRebuild);
        Assert.False(two.FileReplaced);
        Assert.Empty(Keys(two));
        Put(two, 3);
        Assert.Equal([3], Keys(one));
    }

    [Fact]
    public async Task Reset_while_other_threads_use_the_index_takes_no_row_from_under_them()
    {
        using SqliteLogIndex index = Open(Monday);
        Put(index, 1);
        using (ITableTransaction read = index.Begin(write: false))
        {
            index.Reset();
            Assert.Single(read.Scan(0));
        }

        Assert.Empty(Keys(index));
        using var stop = new CancellationTokenSource();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var reading = Task.Run(() =>
        {
            long reads = 0;
            while (!stop.IsCancellationRequested)
            {
                using ITableTransaction read = index.Begin(write: false);
                Assert.InRange(read.Scan(0).Count(), 0, 1);
                Assert.False(index.FileReplaced);
                reads++;
                begun.TrySetResult();
            }

            return reads;
        });
        await await Task.WhenAny(begun.Task, reading); // on a busy machine thirty resets are over before a thread begins
        for (int i = 0; i < 30; i++)
        {
            Put(index, 1);
            index.Reset();
        }

        await stop.CancelAsync();
        Assert.True(await reading > 0);
        Assert.Empty(Keys(index));
        Assert.False(index.NeedsRebuild);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(17)]
    [InlineData(48)]
    public void A_state_file_that_is_missing_cut_or_of_another_index_is_not_believed(int length)
    {
        using (SqliteLogIndex index = Open(Monday)) Put(index, 1);
        string state = _folder.File("index.db-state");
        byte[] bytes = File.ReadAllBytes(state);
        if (length == 48) bytes[9] ^= 1;
        if (length == 0) File.Delete(state);
        else File.WriteAllBytes(state, bytes[..length]);
        using SqliteLogIndex again = Open(Monday);
        Assert.True(again.NeedsRebuild);
    }

    [Fact]
    public void A_copy_from_elsewhere_under_the_same_name_is_not_believed()
    {
        using (SqliteLogIndex index = Open(Monday)) Put(index, 1);
        using (SqliteLogIndex other = OpenAfter(Monday)) Put(other, 2);
        File.Copy(_folder.File("index.db"), _after.File("index.db"), overwrite: true);
        using SqliteLogIndex mixed = OpenAfter(Monday);
        Assert.True(mixed.NeedsRebuild);
    }

    public void Dispose()
    {
        _folder.Dispose();
        _after.Dispose();
    }

    private static void Put(SqliteLogIndex index, byte key)
    {
        using ITableTransaction write = index.Begin(write: true);
        write.Put(0, [key], [key]);
        write.Commit();
    }

    private static IEnumerable<byte> Keys(SqliteLogIndex index)
    {
        using ITableTransaction read = index.Begin(write: false);
        return [.. read.Scan(0).Select(r => r.Key[0])];
    }

    private SqliteLogIndex Open(Id16 boot) => SqliteLogIndex.Open(_folder.File("index.db"), boot);

    private SqliteLogIndex OpenAfter(Id16 boot) => SqliteLogIndex.Open(_after.File("index.db"), boot);

    // Copies what another process would find if this one ended here. Read-only handles on a folder of copies drop no lock of SQLite's
    // that matters: the copies are made while nothing is being written.
    private void Cut()
    {
        foreach (string file in Directory.GetFiles(_after.Path)) File.Delete(file);
        foreach (string file in Directory.GetFiles(_folder.Path)) File.Copy(file, _after.File(Path.GetFileName(file)));
    }
}
