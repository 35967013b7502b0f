using SyncModule.Engine.Buffers;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

public sealed class ObjectFeedTests : IDisposable
{
    private readonly ObjectFeed _feed = new();
    private readonly BlockPool _pool = new(Block.Alignment, most: 8);

    public void Dispose() => _pool.Dispose();

    [Fact]
    public void Everybody_gets_every_batch_and_the_last_one_done_gives_it_back()
    {
        var done = new List<Action>();
        using var first = _feed.Subscribe((records, d) =>
        {
            Assert.Equal(100, records.Length);
            done.Add(d);
        });
        using var second = _feed.Subscribe((_, d) => d());
        var block = _pool.Rent();
        _feed.Publish(block, 100);
        Assert.Equal(2, block.Holders);
        block.Release();
        Assert.Equal(1, block.Holders);
        Assert.Single(done)();
        Assert.Equal(0, block.Holders);
    }

    [Fact]
    public void A_session_that_takes_nothing_is_passed_by_and_the_import_goes_on()
    {
        var stuck = new List<Action>();
        int taken = 0;
        using var slow = _feed.Subscribe((_, d) => stuck.Add(d));
        using var fast = _feed.Subscribe((_, d) =>
        {
            taken++;
            d();
        });
        for (int i = 0; i < 200; i++)
        {
            var block = _pool.Rent();
            _feed.Publish(block, 10);
            block.Release();
        }

        Assert.Equal(200, taken);
        Assert.Equal(2, stuck.Count);
        stuck[0]();
        Publish();
        Assert.Equal(3, stuck.Count); // it is taken up again
    }

    [Fact]
    public async Task Who_ends_while_it_is_waited_for_is_not_waited_for_any_more()
    {
        var stuck = new List<Action>();
        var slow = _feed.Subscribe((_, d) => stuck.Add(d));
        Publish();
        Publish();
        var waiting = Task.Run(Publish);
        slow.Dispose();
        await waiting;
        Publish();
        Assert.Equal(2, stuck.Count);
    }

    private void Publish()
    {
        var block = _pool.Rent();
        _feed.Publish(block, 10);
        block.Release();
    }
}
