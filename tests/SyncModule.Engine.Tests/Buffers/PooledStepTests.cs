using SyncModule.Engine.Buffers;

namespace SyncModule.Engine.Tests.Buffers;

public sealed class PooledStepTests
{
    [Fact]
    public void It_is_taken_once_and_gives_its_result_each_time()
    {
        for (int round = 0; round < 200; round++)
        {
            int taken = 0;
            var step = new PooledStep<int>(() => Interlocked.Increment(ref taken));
            if (round % 2 == 0) Thread.Yield();
            Assert.Equal(1, step.Finish());
            Assert.Equal(1, step.Finish());
            Assert.Equal(1, Volatile.Read(ref taken));
        }
    }

    [Fact]
    public void It_is_waited_for_when_another_thread_has_begun_it()
    {
        using var begun = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        int? maker = null;
        var step = new PooledStep<int>(() =>
        {
            maker = Environment.CurrentManagedThreadId;
            begun.Set();
            go.Wait();
            return 7;
        });
        begun.Wait();
        var waiting = new Thread(() => Assert.Equal(7, step.Finish()));
        waiting.Start();
        go.Set();
        waiting.Join();
        Assert.NotEqual(waiting.ManagedThreadId, maker);
        Assert.Equal(7, step.Finish());
    }

    [Fact]
    public void What_it_throws_is_thrown_to_who_needs_it()
    {
        var step = new PooledStep<int>(() => throw new InvalidDataException("the step"));
        Assert.Equal("the step", Assert.Throws<InvalidDataException>(() => step.Finish()).Message);
    }
}
