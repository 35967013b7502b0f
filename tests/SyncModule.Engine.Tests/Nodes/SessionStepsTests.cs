using SyncModule.Engine.Nodes;

namespace SyncModule.Engine.Tests.Nodes;

/// <summary>The steps of a session: one at a time, in order, wherever they are taken.</summary>
public sealed class SessionStepsTests
{
    private readonly List<int> _taken = [];
    private volatile bool _ended;

    [Fact]
    public void Steps_of_many_threads_never_overlap_and_each_threads_stay_in_order()
    {
        const int Threads = 4, Each = 5_000;
        var steps = Steps();
        int inside = 0, overlaps = 0, left = Threads * Each;
        var last = new int[Threads];
        var run = Start(steps.Run);
        var bringers = Enumerable.Range(0, Threads).Select(t => Start(() =>
        {
            for (int i = 1; i <= Each; i++)
            {
                int number = i;
                void Step(long now)
                {
                    if (Interlocked.Increment(ref inside) != 1) overlaps++;
                    if (last[t] != number - 1) overlaps++;
                    last[t] = number;
                    if (--left == 0) _ended = true;
                    Interlocked.Decrement(ref inside);
                }

                // One of them, as the receive thread does.
                if (t != 0 || !steps.TryRun(Step, () => true)) steps.Add(Step);
            }
        })).ToList();
        foreach (var thread in bringers) Assert.True(thread.Join(TimeSpan.FromSeconds(60)));
        Assert.True(run.Join(TimeSpan.FromSeconds(60)));
        Assert.Equal(0, overlaps);
        Assert.Equal([Each, Each, Each, Each], last);
    }

    [Fact]
    public void A_step_is_not_taken_on_the_spot_before_others_that_wait_nor_where_it_may_not()
    {
        var steps = Steps();
        Assert.True(steps.TryRun(_ => Take(1), () => true));
        Assert.False(steps.TryRun(_ => Take(2), () => false));
        steps.Add(_ => Take(3));
        Assert.False(steps.TryRun(_ => Take(4), () => true));
        steps.Add(_ =>
        {
            Take(5);
            Assert.False(steps.TryRun(_ => Take(6), () => true));
            _ended = true;
        });
        steps.Add(_ => Take(7));
        steps.Run();
        Assert.Equal([1, 3, 5], _taken);
        Assert.False(steps.TryRun(_ => Take(8), () => true));
        Assert.True(steps.TryTake(out var late));
        late!(0);
        Assert.Equal([1, 3, 5, 7], _taken);
        Assert.False(steps.TryTake(out _));
    }

    [Fact]
    public void What_ends_or_fails_on_the_spot_ends_the_sessions_thread()
    {
        var steps = Steps();
        var run = Start(steps.Run);
        Assert.True(Retry(() => steps.TryRun(_ => _ended = true, () => true)));
        Assert.True(run.Join(TimeSpan.FromSeconds(60)));

        _ended = false;
        var failing = Steps();
        Exception? thrown = null;
        run = Start(() => thrown = Record.Exception(failing.Run));
        Assert.True(failing.TryRun(_ => throw new InvalidOperationException("a defect"), () => true));
        Assert.True(run.Join(TimeSpan.FromSeconds(60)));
        Assert.Equal("a defect", Assert.IsType<InvalidOperationException>(thrown).Message);
        Assert.False(failing.TryRun(_ => Take(1), () => true));
        Assert.Empty(_taken);
    }

    [Fact]
    public void It_is_told_while_a_step_keeps_its_thread_from_reading()
    {
        var steps = Steps();
        Assert.False(steps.OnTheSpot);
        Assert.True(steps.TryRun(_ => Take(steps.OnTheSpot ? 1 : 0), () => true));
        steps.Add(_ =>
        {
            Take(steps.OnTheSpot ? 1 : 0);
            _ended = true;
        });
        steps.Run();
        Assert.Equal([1, 0], _taken);
    }

    private SessionSteps Steps() => new(() => 0, () => _ended);

    private void Take(int step) => _taken.Add(step);

    private static bool Retry(Func<bool> attempt) => Enumerable.Range(0, 1_000).Any(_ => attempt());

    private static Thread Start(Action body)
    {
        var thread = new Thread(() => body()) { IsBackground = true };
        thread.Start();
        return thread;
    }
}
