using System.Buffers.Binary;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Tests.Transport;
using SyncModule.Engine.Transport;

namespace SyncModule.Engine.Tests.Nodes;

/// <summary>A peer that died is a lost session; one that is silent is timed out; and what this end did not hear because it was busy is neither.</summary>
public sealed class SilenceTests
{
    /// <summary>How far the peer has come when it dies.</summary>
    public enum Point
    {
        Handshaken,
        InMessage,
        InFrame,
        Ready,
    }

    [Theory]
    [InlineData(Point.Handshaken, false)]
    [InlineData(Point.Handshaken, true)]
    [InlineData(Point.InMessage, false)]
    [InlineData(Point.InMessage, true)]
    [InlineData(Point.InFrame, false)]
    [InlineData(Point.InFrame, true)]
    [InlineData(Point.Ready, false)]
    [InlineData(Point.Ready, true)]
    public async Task A_peer_that_is_killed_is_lost_and_never_timed_out(Point point, bool reset)
    {
        await using var meeting = new Meeting(new TcpTransport(), follow: true);
        var other = meeting.Expect();
        var (channel, session) = await meeting.ConnectAsync();
        var run = Task.CompletedTask;
        using (channel)
        {
            if (point == Point.Ready)
            {
                var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                var runner = new SessionRunner(session, channel, meeting.One, new SessionRunnerOptions { Observer = e => Note(e, ready) });
                run = Task.Factory.StartNew(() => runner.Run(), TaskCreationOptions.LongRunning);
                await ready.Task;
            }
            else if (point == Point.InFrame)
            {
                channel.Send([(byte)FrameType.Hello, 0, 0, 1, 0, 7, 7]);
            }
            else if (point == Point.InMessage)
            {
                meeting.Connection!.Write([0, 200, 1, 2, 3]);
            }

            // What the system does with a killed process's sockets: an end, or a reset where something lay unread.
            if (reset) meeting.Connection!.Abort();
            else meeting.Connection!.Dispose();
            Assert.Equal("SessionLost", (await other).Error?.Id);
            await run;
        }

        static void Note(SessionEffect effect, TaskCompletionSource ready)
        {
            if (effect is Announce { Signal: SessionSignal.UpToDate or SessionSignal.Synced }) ready.TrySetResult();
        }
    }

    [Fact]
    public async Task What_waits_behind_this_ends_own_work_is_no_silence_of_the_peer()
    {
        var time = new ManualTime();
        await using var meeting = new Meeting(follow: true);
        var other = meeting.Expect();
        var (channel, session) = await meeting.ConnectAsync();
        using var busy = new ManualResetEventSlim();
        using var cancel = new CancellationTokenSource();
        using (channel)
        {
            var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            void Observe(SessionEffect effect)
            {
                if (effect is not Announce { Signal: SessionSignal.UpToDate or SessionSignal.Synced }) return;
                ready.TrySetResult();
                busy.Wait();
            }

            var runner = new SessionRunner(session, channel, meeting.One, new SessionRunnerOptions { Clock = time, Observer = Observe });
            var run = Task.Factory.StartNew(() => runner.Run(cancel.Token), TaskCreationOptions.LongRunning);
            await ready.Task;
            long received = channel.BytesRead;
            time.Advance(TimeSpan.FromSeconds(90));
            meeting.Two.Write(new Random(1), 5_000);
            while (channel.BytesRead == received) await Task.Yield();
            busy.Set();
            while (meeting.One.ObjectCount == 0 && !run.IsCompleted) await Task.Yield();
            await cancel.CancelAsync();
            Assert.Equal(SessionResult.Cancelled, (await run).Result);
            Assert.Equal("SessionLost", (await other).Error?.Id);
        }
    }

    [Fact]
    public async Task A_suspended_process_goes_on_with_its_session()
    {
        var time = new ManualTime();
        await using var meeting = new Meeting(follow: true);
        var (channel, session) = await meeting.ConnectAsync();
        using var cancel = new CancellationTokenSource();
        using (channel)
        {
            var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var runner = new SessionRunner(session, channel, meeting.One, new SessionRunnerOptions { Clock = time, Observer = e => { if (e is Announce { Signal: SessionSignal.UpToDate }) ready.TrySetResult(); } });
            var run = Task.Factory.StartNew(() => runner.Run(cancel.Token), TaskCreationOptions.LongRunning);
            await ready.Task;
            for (int i = 1; i <= 5; i++)
            {
                time.Suspend(TimeSpan.FromHours(1));
                meeting.Two.Write(new Random(i), 500);
                while (meeting.One.ObjectCount < i && !run.IsCompleted) await Task.Yield();
            }

            await cancel.CancelAsync();
            Assert.Equal(SessionResult.Cancelled, (await run).Result);
        }
    }

    [Fact]
    public async Task An_end_that_receives_one_large_frame_for_minutes_still_says_that_it_lives()
    {
        var time = new ManualTime();
        await using var meeting = new Meeting(clock: time);
        var (channel, _) = await meeting.ConnectAsync();
        using (channel)
        {
            var ping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var listen = Task.Factory.StartNew(() => ListenFor(channel, FrameType.Ping, ping), TaskCreationOptions.LongRunning);
            const int Length = SessionLimits.MaxData, Piece = 16 * 1024;
            var head = new byte[SessionLimits.FrameHeader];
            head[0] = (byte)FrameType.Data;
            BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(1), Length);
            channel.Send(head);
            for (int sent = 0; sent + Piece < Length && !ping.Task.IsCompleted; sent += Piece)
            {
                channel.Send(new byte[Piece]);
                time.Advance(TimeSpan.FromMilliseconds(500));
                await Task.Yield();
            }

            Assert.True(ping.Task.IsCompleted, "it was mute while a frame arrived");
            channel.Abort(SyncErrors.SessionLost.With("the test ends"));
            await listen;
        }
    }

    private static void ListenFor(SecureChannel channel, FrameType type, TaskCompletionSource found)
    {
        var reader = new FrameReader();
        var buffer = new byte[65_536];
        try
        {
            while (channel.Receive(buffer) is > 0 and var n)
            {
                for (ReadOnlySpan<byte> bytes = buffer.AsSpan(0, n); reader.TryRead(ref bytes, out var frame);)
                {
                    if (frame.Type == type) found.TrySetResult();
                }
            }
        }
        catch (SyncException)
        {
            // The test has ended it.
        }
    }
}
