using SyncModule.Engine.Transport;

namespace SyncModule.Engine.Tests.Transport;

public sealed class MemoryTransportTests : TransportConformance
{
    protected override ITransport NewTransport() => new MemoryTransport();

    [Theory]
    [InlineData(1)]
    [InlineData(4_097)]
    [InlineData(99_991)]
    public async Task A_cut_delivers_exactly_the_bytes_before_it_then_fails_both_ends(int cut)
    {
        var transport = With(new MemoryLink { ToListener = new MemoryFaults { CutAfterBytes = cut } });
        using var pair = await PairAsync(transport);
        var sent = Bytes(200_003, cut);
        var writer = OnThread(() => AssertLost(() => pair.Near.Write(sent)));
        var got = new byte[cut];
        Assert.Equal(cut, ReadUpTo(pair.Far, got, cut));
        Assert.Equal(sent[..cut], got);
        AssertLost(() => pair.Far.Read(got));
        await writer;
        AssertLost(() => pair.Near.Read(got));
    }

    [Fact]
    public async Task A_stalled_link_delivers_nothing_until_it_runs_again()
    {
        var faults = new MemoryFaults { Stalled = true };
        using var pair = await PairAsync(With(new MemoryLink { ToListener = faults, BufferBytes = 1_000 }));
        var sent = Bytes(5_003, 6);
        var writer = OnThread(() => { pair.Near.Write(sent); pair.Near.CloseWrite(); });
        var read = pair.Far.ReadAsync(new byte[1]).AsTask();
        while (pair.Near.BytesWritten < 1_000) await Task.Yield();
        Assert.False(read.IsCompleted);
        Assert.False(writer.IsCompleted);
        faults.Stalled = false;
        Assert.Equal(1, await read);
        Assert.Equal(sent[1..], ReadAll(pair.Far));
        await writer;
    }

    [Fact]
    public async Task A_slow_reader_holds_the_writer_back_at_the_buffer()
    {
        using var pair = await PairAsync(With(new MemoryLink { BufferBytes = 777, FromListener = new MemoryFaults { MaxBytesPerRead = 13 } }));
        var sent = Bytes(9_001, 7);
        var writer = OnThread(() => { pair.Far.Write(sent); pair.Far.CloseWrite(); });
        var buffer = new byte[500];
        long taken = 0;
        while (pair.Near.Read(buffer) is > 0 and var n)
        {
            Assert.InRange(n, 1, 13);
            taken += n;
            Assert.InRange(pair.Far.BytesWritten - taken, 0, 777);
        }

        await writer;
        Assert.Equal(sent.Length, taken);
    }

    private static MemoryTransport With(MemoryLink link) => new() { Links = (_, _) => link };
}
