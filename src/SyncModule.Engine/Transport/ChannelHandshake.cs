using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Cryptography.Noise;

namespace SyncModule.Engine.Transport;

/// <summary>What one end brings to a handshake.</summary>
public sealed record ChannelIdentity
{
    public required DeviceKeys Device { get; init; }

    /// <summary>This device's certificate for the vault of the keys that matched.</summary>
    public required Func<HandshakeKeys, DeviceCertificate> Certificate { get; init; }

    /// <summary>Initiator: HELLO ‖ VECTOR for msg3 when the responder is a member and the epoch current, else empty (format-1 §13).</summary>
    public Func<DeviceCertificate, HandshakeKeys, ReadOnlyMemory<byte>> Early { get; init; } = (_, _) => default;

    /// <summary>A last word about the peer once its certificate is checked: false ends the handshake. Membership itself is asked in phase M.</summary>
    public Func<DeviceCertificate, HandshakeKeys, bool> Accepts { get; init; } = (_, _) => true;

    public ChannelBinding Binding { get; init; } = ChannelBinding.Tcp;

    public IRandomSource Random { get; init; } = SystemRandomSource.Instance;

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>Runs Noise XXpsk3 over a connection (format-1 §13) and makes a <see cref="SecureChannel"/> of it. Blocking; the connection is given up on failure.</summary>
public static class ChannelHandshake
{
    /// <summary>How long an initiator waits for msg2.</summary>
    public static readonly TimeSpan InitiatorDeadline = TimeSpan.FromSeconds(10);

    /// <summary>The connecting side.</summary>
    /// <exception cref="SyncException">HandshakeRefused, SessionTimeout, MessageTooLarge, SessionLost.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static SecureChannel Initiate(ITransportConnection connection, HandshakeKeys keys, ChannelIdentity identity, CancellationToken cancellationToken = default)
    {
        bool late = false;
        using var deadline = identity.Clock.CreateTimer(_ => { Volatile.Write(ref late, true); connection.Abort(); }, null, InitiatorDeadline, Timeout.InfiniteTimeSpan);
        using var cancel = cancellationToken.UnsafeRegister(static c => ((ITransportConnection)c!).Abort(), connection);
        try
        {
            using var steps = new InitiatorSteps(keys, identity, connection.RemoteAddress.ToString());
            connection.Write(steps.Start());
            // Silence is how a responder refuses: the connection ends without a byte.
            if (!Run(connection, steps)) throw SyncErrors.HandshakeRefused.With($"{connection.RemoteAddress} ended the handshake");
            cancellationToken.ThrowIfCancellationRequested();
            return new SecureChannel(connection, steps.Result!, identity.Clock);
        }
        catch (SyncException e)
        {
            connection.Abort();
            cancellationToken.ThrowIfCancellationRequested();
            throw Volatile.Read(ref late) ? SyncErrors.SessionTimeout.With($"{connection.RemoteAddress} did not answer the handshake", e) : e;
        }
        catch
        {
            connection.Abort();
            throw;
        }
    }

    /// <summary>
    /// The accepting side. Null means that the connection was ended in silence, and why is nobody's business: a stranger, a repeated ephemeral, a full
    /// bucket, a deadline, a third message that does not fit. Never throws for what the peer does.
    /// </summary>
    /// <param name="connection">Just accepted.</param>
    /// <param name="halfOpen">Its place; left when the handshake is over.</param>
    /// <param name="deadline">Accept to end of handshake.</param>
    /// <param name="candidates">The newest 256 epochs and the open invites, asked once.</param>
    /// <param name="identity">This end.</param>
    public static SecureChannel? Respond(ITransportConnection connection, HandshakeLimits.HalfOpen halfOpen, TimeSpan deadline, Func<IReadOnlyList<HandshakeKeys>> candidates, ChannelIdentity identity)
    {
        using var place = halfOpen;
        using var timer = identity.Clock.CreateTimer(static c => ((ITransportConnection)c!).Abort(), connection, deadline, Timeout.InfiniteTimeSpan);
        try
        {
            using var steps = new ResponderSteps(halfOpen, candidates, identity);
            if (Run(connection, steps)) return new SecureChannel(connection, steps.Result!, identity.Clock);
        }
        catch (SyncException)
        {
            // Lost, too long, or refused after msg2: the same silence as for everybody else.
        }
        catch
        {
            connection.Abort();
            throw;
        }

        connection.Abort();
        return null;
    }

    // False: it ended without a result, or the connection did.
    private static bool Run(ITransportConnection connection, HandshakeSteps steps)
    {
        while (steps.Needed > 0)
        {
            var bytes = new byte[steps.Needed];
            if (!ReadExactly(connection, bytes)) return false;
            byte[] answer = steps.Take(bytes);
            if (answer.Length > 0) connection.Write(answer);
        }

        return steps.Result is not null;
    }

    // False for an end and for a reset: the responder aborts, and which of the two arrives is the network's choice.
    private static bool ReadExactly(ITransportConnection connection, Span<byte> buffer)
    {
        try
        {
            while (!buffer.IsEmpty)
            {
                int count = connection.Read(buffer);
                if (count == 0) return false;
                buffer = buffer[count..];
            }

            return true;
        }
        catch (SyncException e) when (e.Kind == SyncErrors.SessionLost)
        {
            return false;
        }
    }
}
