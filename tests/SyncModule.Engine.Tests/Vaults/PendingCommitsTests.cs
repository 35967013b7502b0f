using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

public sealed class PendingCommitsTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(2);

    [Fact]
    public void Who_waits_for_many_operations_wakes_with_the_last_of_them()
    {
        var pending = new PendingCommits();
        bool? work = null;
        var waiting = new Thread(() => work = pending.WaitForWork(10, TimeSpan.FromDays(1))) { IsBackground = true };
        waiting.Start();
        for (int i = 0; i < 9; i++) Add(pending, i, 1);
        Assert.False(waiting.Join(0));
        Add(pending, 9, 1);
        Assert.True(waiting.Join(Long));
        Assert.True(work);
        Assert.Equal(10, pending.From(Mark(0)).Sum(g => g.Operations));
    }

    [Fact]
    public void One_that_is_taken_away_again_wakes_nobody_for_good_and_closing_everybody()
    {
        var pending = new PendingCommits();
        bool? work = null;
        var waiting = new Thread(() => work = pending.WaitForWork(3, TimeSpan.FromDays(1))) { IsBackground = true };
        waiting.Start();
        Add(pending, 0, 2);
        pending.Trim(Mark(1));
        Add(pending, 1, 2);
        Assert.False(waiting.Join(0));
        pending.Close();
        Assert.True(waiting.Join(Long));
        Assert.False(work);
    }

    [Fact]
    public void Few_are_worth_it_after_a_while()
    {
        var pending = new PendingCommits();
        Add(pending, 0, 1);
        Assert.True(pending.WaitForWork(10, TimeSpan.Zero));
    }

    private static void Add(PendingCommits pending, int number, int operations) => pending.Add(new ArrivingGroup(Mark(number), Mark(number + 1)) { Operations = operations });

    private static LogMark Mark(int number) => new(1, default, 100 + number, default);
}
