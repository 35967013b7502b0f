using SyncModule.Engine.Buffers;

namespace SyncModule.Engine.Tests.Buffers;

public sealed class BlockPoolTests
{
    private const int Size = 2 * Block.Alignment;

    [Fact]
    public unsafe void A_block_is_aligned_and_its_own()
    {
        using var pool = new BlockPool(Size, most: 3);
        Block[] blocks = [pool.Rent(), pool.Rent(), pool.Rent()];
        for (int i = 0; i < blocks.Length; i++)
        {
            using var pin = blocks[i].Pin();
            Assert.Equal(0u, (nuint)pin.Pointer % Block.Alignment);
            Assert.Equal(Size, blocks[i].Memory.Length);
            blocks[i].GetSpan().Fill((byte)(i + 1));
        }

        for (int i = 0; i < blocks.Length; i++) Assert.False(blocks[i].GetSpan().ContainsAnyExcept((byte)(i + 1)));
        Assert.Null(pool.TryRent());
        foreach (var block in blocks) block.Release();
        Assert.Equal(3, pool.Allocated);
    }

    [Fact]
    public void The_last_of_several_holders_gives_it_back()
    {
        using var pool = new BlockPool(Size, most: 1);
        var block = pool.Rent();
        block.Hold();
        block.Hold();
        block.Release();
        block.Release();
        Assert.Equal(1, block.Holders);
        Assert.Null(pool.TryRent());
        block.Release();
        Assert.Same(block, pool.TryRent());
        block.Release();
    }

    [Fact]
    public void Who_touches_it_afterwards_or_releases_it_twice_is_told()
    {
        using var pool = new BlockPool(Size, most: 1);
        var block = pool.Rent();
        var memory = block.Memory;
        block.Release();
        Assert.Throws<ObjectDisposedException>(() => memory.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => block.Pin());
        Assert.Throws<InvalidOperationException>(block.Release);
        Assert.Throws<InvalidOperationException>(() => new BlockPool(Size, 1).Rent().Apply(b => { b.Release(); b.Hold(); }));
    }

    [Fact]
    public void Many_holders_on_many_threads_end_with_every_block_back()
    {
        using var pool = new BlockPool(Size, most: 3);
        Parallel.For(0, 2_000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            var block = pool.Rent();
            block.GetSpan()[0] = (byte)i;
            block.Hold();
            var other = Task.Run(() =>
            {
                Assert.Equal((byte)i, block.GetSpan()[0]);
                block.Release();
            });
            block.Release();
            other.GetAwaiter().GetResult();
        });
        Assert.InRange(pool.Allocated, 1, 3);
        for (int i = 0; i < 3; i++) Assert.NotNull(pool.TryRent());
    }

    [Fact]
    public async Task Waiting_ends_with_a_block_a_cancellation_or_the_pool()
    {
        var pool = new BlockPool(Size, most: 1);
        var held = pool.Rent();
        var waiting = Task.Run(() => pool.Rent());
        held.Release();
        Assert.Same(held, await waiting);
        using var cancel = new CancellationTokenSource();
        var cancelled = Task.Run(() => pool.Rent(cancel.Token));
        cancel.Cancel();
        await Assert.ThrowsAsync<OperationCanceledException>(() => cancelled);
        var disposed = Task.Run(() => pool.Rent());
        pool.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => disposed);
        Assert.Null(pool.TryRent());
    }

    [Fact]
    public void What_is_still_held_when_the_pool_goes_stays_readable_and_is_freed_last()
    {
        var pool = new BlockPool(Size, most: 2, secret: true);
        var held = pool.Rent();
        pool.Rent().Release();
        held.GetSpan().Fill(7);
        pool.Dispose();
        Assert.Equal(1, pool.Allocated);
        Assert.False(held.GetSpan().ContainsAnyExcept((byte)7));
        held.Release();
        Assert.Equal(0, pool.Allocated);
    }
}

file static class Extensions
{
    public static void Apply<T>(this T value, Action<T> action) => action(value);
}
