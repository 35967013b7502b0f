using SyncModule.Core.Protocol;
using SyncModule.Engine.Transport;

namespace SyncModule.Engine.Pairing;

/// <summary>Runs one <see cref="JoinSession"/> over a channel on the caller's thread; an invite session is a handful of frames.</summary>
internal static class JoinChannel
{
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(SessionLimits.DeadAfter);

    /// <summary>
    /// Runs to the end. <paramref name="decide"/> answers AddMember and Granted with the event that follows them. Throws what ended the
    /// session unless that was an orderly end.
    /// </summary>
    public static void Run(JoinSession session, SecureChannel channel, TimeProvider time, Func<SessionEffect, long, SessionEvent> decide)
    {
        long started = time.GetTimestamp();
        long Now() => (long)time.GetElapsedTime(started).TotalMilliseconds;

        // The state machine times itself out by ticks, but this thread is in Receive: the channel is ended instead.
        using var deadline = time.CreateTimer(_ => channel.Abort(SyncErrors.SessionTimeout.With("The other device went silent while joining")), null, Silence * 2, Timeout.InfiniteTimeSpan);
        var frames = new FrameReader();
        var buffer = new byte[64 << 10];
        if (channel.IsInitiator) Carry(session.Handle(new JoinStarted(Now())));
        while (!session.Ended)
        {
            int count = Receive(channel, buffer);
            if (count == 0)
            {
                Carry(session.Handle(new TransportClosed(Now())));
                break;
            }

            ReadOnlySpan<byte> bytes = buffer.AsSpan(0, count);
            while (!session.Ended && frames.TryRead(ref bytes, out var frame)) Carry(session.Handle(new FrameReceived(Now(), frame.Type, frame.Body)));
            if (!session.Ended && frames.Failure is { } failure) Carry(session.Handle(new FramingFailed(Now(), failure.Kind, failure.Detail)));
        }

        void Carry(IReadOnlyList<SessionEffect> effects)
        {
            foreach (var effect in effects)
            {
                switch (effect)
                {
                    case Send send:
                        channel.Send(send.Frames.Span);
                        break;
                    case AddMember or Granted:
                        Carry(session.Handle(decide(effect, Now())));
                        break;
                    case Close close:
                        Finish(channel, buffer);
                        if (close.Kind is { } kind) throw channel.Failure ?? kind.With(close.Detail);
                        break;
                    default:
                        break;
                }
            }
        }
    }

    private static int Receive(SecureChannel channel, byte[] buffer)
    {
        try
        {
            return channel.Receive(buffer);
        }
        catch (SyncException e) when (e.Kind == SyncErrors.SessionLost)
        {
            return 0;
        }
    }

    // The last frame counts: it is given time to arrive before the connection goes.
    private static void Finish(SecureChannel channel, byte[] buffer)
    {
        try
        {
            channel.CloseWrite();
            while (channel.Receive(buffer) > 0)
            {
            }
        }
        catch (SyncException)
        {
            // The peer closed first.
        }
    }
}
