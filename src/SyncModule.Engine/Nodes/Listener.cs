using SyncModule.Engine.Cryptography.Noise;
using SyncModule.Engine.Transport;

namespace SyncModule.Engine.Nodes;

/// <summary>What a <see cref="Listener"/> does with those that connect. Callbacks run on a thread of their own, own the channel until they return, and end when the token is cancelled.</summary>
public sealed record ListenerOptions
{
    public required ChannelIdentity Identity { get; init; }

    /// <summary>The newest 256 epochs and the open invites; asked for every first packet.</summary>
    public required Func<IReadOnlyList<HandshakeKeys>> Candidates { get; init; }

    /// <summary>A member session (kind 0).</summary>
    public required Action<SecureChannel, CancellationToken> OnMember { get; init; }

    /// <summary>A joiner (kind 1).</summary>
    public required Action<SecureChannel, CancellationToken> OnInvite { get; init; }

    /// <summary>What a callback threw; nothing a peer does gets here.</summary>
    public Action<Exception> OnFault { get; init; } = _ => { };

    public HandshakeLimitOptions Limits { get; init; } = new();
}

/// <summary>Accepts connections, shakes hands within the limits, and hands channels on. Strangers meet silence.</summary>
public sealed class Listener(ITransportListener socket, ListenerOptions options)
{
    private readonly HandshakeLimits _limits = new(options.Identity.Clock, options.Limits);
    private readonly Lock _gate = new();
    private readonly HashSet<Task> _running = [];

    public PeerAddress LocalAddress => socket.LocalAddress;

    /// <summary>Connections in the handshake.</summary>
    internal int HalfOpenCount => _limits.HalfOpenCount;

    /// <summary>Runs until cancelled, then stops listening, ends the handshakes and waits for the callbacks. Never throws for what a peer does.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var connection = await socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
                if (_limits.TryEnter(connection.RemoteAddress, connection.Abort) is { } place) Serve(connection, place, cancellationToken);
                else connection.Abort();
            }
        }
        catch (OperationCanceledException)
        {
            // Cancelled, or the listener was disposed: the two ways to stop.
        }

        socket.Dispose();
        Task[] running;
        lock (_gate) running = [.. _running];
        await Task.WhenAll(running).ConfigureAwait(false);
    }

    // Blocking reads on a thread for each: at most 64 are in the handshake, and a session then goes on in the socket's fast mode.
    private void Serve(ITransportConnection connection, HandshakeLimits.HalfOpen place, CancellationToken cancellationToken)
    {
        var task = new Task(() => Handshake(connection, place, cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning);
        lock (_gate) _running.Add(task);
        _ = task.ContinueWith(
            t =>
            {
                lock (_gate) _running.Remove(t);
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        task.Start(TaskScheduler.Default);
    }

    private void Handshake(ITransportConnection connection, HandshakeLimits.HalfOpen place, CancellationToken cancellationToken)
    {
        try
        {
            SecureChannel? channel;
            using (cancellationToken.UnsafeRegister(static c => ((ITransportConnection)c!).Abort(), connection))
            {
                channel = ChannelHandshake.Respond(connection, place, _limits.Deadline, options.Candidates, options.Identity);
            }

            if (channel is null) return;
            using (channel)
            {
                if (channel.Kind == HandshakeKind.Member) options.OnMember(channel, cancellationToken);
                else options.OnInvite(channel, cancellationToken);
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // One peer's trouble, or a defect met with one peer, never ends the loop for the others.
            if (e is not OperationCanceledException) options.OnFault(e);
        }
        finally
        {
            connection.Dispose();
        }
    }
}
