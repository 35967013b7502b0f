using SyncModule.Engine.Buffers;

namespace SyncModule.Engine.Tests.Buffers;

public sealed class WorkQueueTests
{
    [Fact]
    public async Task Everything_comes_out_once_and_in_order_and_no_more_waits_than_may()
    {
        var queue = new WorkQueue<int>(most: 3);
        var taken = new List<int>();
        var taking = Task.Run(() =>
        {
            while (queue.TryTake(out int item)) taken.Add(item);
        });
        for (int i = 0; i < 5_000; i++) queue.Add(i);
        queue.Complete();
        await taking;
        Assert.Equal(Enumerable.Range(0, 5_000), taken);
        Assert.Throws<InvalidOperationException>(() => queue.Add(1));
    }

    [Fact]
    public void A_full_queue_says_so_and_an_empty_one_gives_up_in_time()
    {
        var queue = new WorkQueue<int>(most: 2);
        Assert.False(queue.TryTake(out _, 0));
        Assert.False(queue.TryTake(out _, 1));
        queue.Add(1);
        Assert.False(queue.IsFull);
        queue.Add(2);
        Assert.True(queue.IsFull);
        queue.Complete();
        Assert.True(queue.TryTake(out int first, 0));
        Assert.True(queue.TryTake(out int second, 1_000));
        Assert.Equal((1, 2), (first, second));
        Assert.False(queue.TryTake(out _));
    }

    [Fact]
    public async Task Both_kinds_of_waiting_end_by_cancellation_and_lose_nothing()
    {
        var queue = new WorkQueue<int>(most: 1);
        using var cancel = new CancellationTokenSource();
        var taking = Task.Run(() => queue.TryTake(out _, cancellation: cancel.Token));
        cancel.Cancel();
        await Assert.ThrowsAsync<OperationCanceledException>(() => taking);
        queue.Add(7);
        using var again = new CancellationTokenSource();
        var adding = Task.Run(() => queue.Add(8, again.Token));
        again.Cancel();
        await Assert.ThrowsAsync<OperationCanceledException>(() => adding);
        Assert.True(queue.TryTake(out int only, 0));
        Assert.Equal(7, only);
        Assert.False(queue.TryTake(out _, 0));
    }
}
