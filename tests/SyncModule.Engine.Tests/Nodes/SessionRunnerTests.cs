using SyncModule.Core.Protocol;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Tests.Transport;
using SyncModule.Engine.Transport;

namespace SyncModule.Engine.Tests.Nodes;

public sealed class SessionRunnerTests
{
    [Theory]
    [InlineData("memory")]
    [InlineData("tcp")]
    public async Task Two_replicas_end_equal_and_the_next_session_finds_nothing_to_do(string transport)
    {
        await using var meeting = new Meeting(transport == "tcp" ? new TcpTransport() : new MemoryTransport());
        Fill(meeting.One, commits: 101, objectsEach: 15, seed: 1);
        Fill(meeting.Two, commits: 99, objectsEach: 15, seed: 2);
        var (one, two) = await meeting.SyncAsync();
        Assert.Equal((SessionResult.Synced, SessionResult.Synced), (one.Result, two.Result));
        meeting.One.AssertSameAs(meeting.Two);
        Assert.Equal((200, 3_000), (meeting.One.CommitCount, meeting.One.ObjectCount));
        Assert.Equal((101, 99, 1_515, 1_485), (one.CommitsSent, one.CommitsReceived, one.ObjectsSent, one.ObjectsReceived));
        Assert.Equal((99, 101, 1_485, 1_515), (two.CommitsSent, two.CommitsReceived, two.ObjectsSent, two.ObjectsReceived));
        Assert.InRange(one.WireBytes, one.BytesSent + one.BytesReceived, (one.BytesSent + one.BytesReceived) * 11 / 10);
        Assert.Null(one.Error);

        (one, two) = await meeting.SyncAsync();
        Assert.Equal((SessionResult.UpToDate, SessionResult.UpToDate), (one.Result, two.Result));
        Assert.InRange(one.RoundTrips, 3, 5);
    }

    [Fact]
    public async Task A_session_cut_anywhere_keeps_what_arrived_and_the_reruns_complete_it()
    {
        var random = new Random(77);
        var transport = new MemoryTransport();
        await using var meeting = new Meeting(transport);
        Fill(meeting.One, commits: 23, objectsEach: 7, seed: 3);
        Fill(meeting.Two, commits: 31, objectsEach: 5, seed: 4);
        long limit = 200;
        transport.Links = (_, _) => random.Next(2) == 0
            ? new MemoryLink { ToListener = new MemoryFaults { CutAfterBytes = random.NextInt64(1, limit) } }
            : new MemoryLink { FromListener = new MemoryFaults { CutAfterBytes = random.NextInt64(1, limit) } };
        int cuts = 0, last = 0;
        for (; cuts < 60; cuts++, limit = Math.Min(limit * 2, 250_000))
        {
            var expected = meeting.Expect();
            try
            {
                var (channel, session) = await meeting.ConnectAsync();
                using (channel)
                {
                    var outcome = await Task.Factory.StartNew(() => new SessionRunner(session, channel, meeting.One).Run(), TaskCreationOptions.LongRunning);
                    if (outcome.Error is null) break;
                    Assert.Equal("SessionLost", outcome.Error.Id);
                    Assert.Equal(SessionResult.Failed, outcome.Result);
                }
            }
            catch (SyncException e)
            {
                Assert.Contains(e.ErrorId, new[] { "HandshakeRefused", "SessionLost" });
            }

            if (!expected.IsCompleted) meeting.Unexpect();
            Assert.InRange(meeting.One.ObjectCount + meeting.Two.ObjectCount, last, int.MaxValue);
            last = meeting.One.ObjectCount + meeting.Two.ObjectCount;
        }

        Assert.InRange(cuts, 5, 60);
        transport.Links = null;
        await meeting.SyncAsync();
        meeting.One.AssertSameAs(meeting.Two);
    }

    [Fact]
    public async Task A_store_that_lags_bounds_what_waits_in_memory()
    {
        await using var meeting = new Meeting(new TcpTransport());
        var random = new Random(5);
        for (int i = 0; i < 47; i++) meeting.One.Write(random, 1 << 20);
        int calls = 0;
        meeting.Two.BeforeObjects = () =>
        {
            // The first write holds the disk until the sender has filled the whole window.
            if (Interlocked.Increment(ref calls) == 1) SpinWait.SpinUntil(() => meeting.Responder!.Received.Peak > SessionLimits.InitialCredit - (4 << 20));
        };
        var (one, _) = await meeting.SyncAsync();
        Assert.Equal(SessionResult.Synced, one.Result);
        meeting.One.AssertSameAs(meeting.Two);
        Assert.InRange(meeting.Responder!.Received.Peak, SessionLimits.InitialCredit - (4 << 20), SessionRunner.InboxLimit);
    }

    [Fact]
    public async Task A_peer_that_is_stuck_holds_up_nobody_else()
    {
        await using var meeting = new Meeting();
        Fill(meeting.One, commits: 3, objectsEach: 3, seed: 6);
        Fill(meeting.Two, commits: 3, objectsEach: 3, seed: 7);
        var (stuck, _) = await meeting.ConnectAsync(); // shakes hands and never says or reads anything again
        using (stuck)
        {
            var (one, _) = await meeting.SyncAsync();
            Assert.Equal(SessionResult.Synced, one.Result);
        }
    }

    [Fact]
    public async Task An_open_session_pushes_what_is_written_and_ends_when_cancelled()
    {
        await using var meeting = new Meeting(follow: true);
        Fill(meeting.Two, commits: 2, objectsEach: 1, seed: 8);
        var other = meeting.Expect();
        var (channel, session) = await meeting.ConnectAsync();
        using var cancel = new CancellationTokenSource();
        using (channel)
        {
            var ready = new TaskCompletionSource();
            var runner = new SessionRunner(session, channel, meeting.One, new SessionRunnerOptions { Observer = e => { if (e is Announce { Signal: SessionSignal.Synced }) ready.TrySetResult(); } });
            var run = Task.Factory.StartNew(() => runner.Run(cancel.Token), TaskCreationOptions.LongRunning);
            await ready.Task;
            Fill(meeting.One, commits: 1, objectsEach: 3, seed: 9);
            Fill(meeting.Two, commits: 1, objectsEach: 3, seed: 10);
            while (meeting.One.ObjectCount < 8 || meeting.Two.ObjectCount < 8) await Task.Yield();
            meeting.One.AssertSameAs(meeting.Two);
            await cancel.CancelAsync();
            Assert.Equal(SessionResult.Cancelled, (await run).Result);
            Assert.Equal("SessionLost", (await other).Error?.Id);
        }
    }

    [Fact]
    public async Task A_silent_peer_is_pinged_and_then_given_up()
    {
        var time = new ManualTime();
        await using var meeting = new Meeting(clock: time);
        var other = meeting.Expect();
        var (channel, _) = await meeting.ConnectAsync();
        using (channel)
        {
            TaskCompletionSource hello = new(TaskCreationOptions.RunContinuationsAsynchronously), ping = new(TaskCreationOptions.RunContinuationsAsynchronously);
            var error = Task.Factory.StartNew(() => Listen(channel, hello, ping), TaskCreationOptions.LongRunning);
            await hello.Task; // the session runs, and so does its timer
            await PassAsync(17, ping.Task);
            await PassAsync(60, other);
            Assert.Equal("SessionTimeout", (await other).Error?.Id);
            Assert.True(await error);
        }

        // Second by second, each of which the session has taken up before the next one comes; the last one's answer may still be on its way.
        async Task PassAsync(int seconds, Task until)
        {
            for (int i = 0; i < seconds && !until.IsCompleted; i++)
            {
                time.Advance(TimeSpan.FromSeconds(1));
                while (meeting.Responder!.TickWaits && !other.IsCompleted) await Task.Yield();
            }

            await until;
        }

        static bool Listen(SecureChannel channel, TaskCompletionSource hello, TaskCompletionSource ping)
        {
            bool error = false;
            var reader = new FrameReader();
            var buffer = new byte[65_536];
            while (channel.Receive(buffer) is > 0 and var n)
            {
                for (ReadOnlySpan<byte> bytes = buffer.AsSpan(0, n); reader.TryRead(ref bytes, out var frame);)
                {
                    if (frame.Type == FrameType.Hello) hello.TrySetResult();
                    if (frame.Type == FrameType.Ping) ping.TrySetResult();
                    error |= frame.Type == FrameType.Error;
                }
            }

            channel.CloseWrite();
            return error;
        }
    }

    [Theory]
    [InlineData(FrameType.Hello, "MessageTooLarge")]
    [InlineData((FrameType)0xEE, "ProtocolViolation")]
    public async Task A_frame_that_is_too_long_or_unknown_ends_the_session_with_its_name(FrameType type, string error)
    {
        await using var meeting = new Meeting();
        var other = meeting.Expect();
        var (channel, _) = await meeting.ConnectAsync();
        using (channel)
        {
            channel.Send([(byte)type, 0xFF, 0xFF, 0xFF, 0xFF]);
            channel.CloseWrite();
            Assert.Equal(error, (await other).Error?.Id);
        }
    }

    [Fact]
    public void The_stepper_comes_to_the_same_without_a_thread()
    {
        var (one, two) = TestPair();
        Fill(one, commits: 21, objectsEach: 9, seed: 11);
        Fill(two, commits: 17, objectsEach: 9, seed: 12);
        var session = new SyncSession(one, SessionRole.Initiator, Options(1));
        var early = session.InitiatorEarly(two.Device, one.CurrentEpoch!.Value);
        SessionStepper a = new(session, one), b = new(new SyncSession(two, SessionRole.Responder, Options(2)), two, storesLater: true);
        a.Start(0, two.Device, one.CurrentEpoch!.Value, early);
        b.Start(0, one.Device, one.CurrentEpoch!.Value, early);
        for (int step = 0; step < 10_000 && !(a.Ended && b.Ended && a.OutputBytes + b.OutputBytes == 0); step++)
        {
            foreach (var piece in a.TakeOutput(step).Chunk(7_001)) b.Receive(step, piece);
            foreach (var piece in b.TakeOutput(step).Chunk(997)) a.Receive(step, piece);
            if (step % 3 == 0) b.Store(step);
        }

        Assert.Equal((SessionResult.Synced, SessionResult.Synced), (a.Outcome().Result, b.Outcome().Result));
        one.AssertSameAs(two);

        static SessionOptions Options(byte id) => new() { SessionId = Cryptography.TestKeys.Id(id) };
    }

    private static (FakeStore One, FakeStore Two) TestPair()
    {
        var (one, two) = (Cryptography.TestKeys.Id(1), Cryptography.TestKeys.Id(2));
        var members = new HashSet<DeviceId> { one, two };
        var (vault, epoch) = (Cryptography.TestKeys.Vault, Cryptography.TestKeys.Id(9));
        return (new(vault, one, epoch, members), new(vault, two, epoch, members));
    }

    private static void Fill(FakeStore store, int commits, int objectsEach, int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < commits; i++) store.Write(random, [.. Enumerable.Range(0, objectsEach).Select(_ => random.Next(1, 9_001))]);
    }
}
