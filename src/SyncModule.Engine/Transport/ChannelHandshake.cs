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
            var certificate = identity.Certificate(keys);
            using var handshake = new InitiatorHandshake(keys, identity.Device, certificate, identity.Binding, identity.Random);
            connection.Write(HandshakeFrames.Frame(handshake.CreateMessage1()));
            // Silence is how a responder refuses: the connection ends without a byte.
            byte[] message2 = ReadAnswer(connection) ?? throw SyncErrors.HandshakeRefused.With($"{connection.RemoteAddress} ended the handshake");
            var remote = handshake.ReadMessage2(message2);
            if (!identity.Accepts(remote, keys)) throw SyncErrors.HandshakeRefused.With($"{connection.RemoteAddress} presents a device that is not wanted here");
            var early = identity.Early(remote, keys);
            byte[] message3 = handshake.CreateMessage3(early.Span, out var noise);
            connection.Write(HandshakeFrames.Frame(message3));
            cancellationToken.ThrowIfCancellationRequested();
            return new SecureChannel(connection, noise, keys, remote, early, initiator: true, identity.Clock);
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
            if (TryRespond(connection, halfOpen, candidates, identity) is { } channel) return channel;
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

    // An end, or a reset: the responder aborts, and which of the two arrives is the network's choice.
    private static byte[]? ReadAnswer(ITransportConnection connection)
    {
        try
        {
            return ReadMessage(connection, HandshakeFrames.MaxMessage2);
        }
        catch (SyncException e) when (e.Kind == SyncErrors.SessionLost)
        {
            return null;
        }
    }

    private static SecureChannel? TryRespond(ITransportConnection connection, HandshakeLimits.HalfOpen halfOpen, Func<IReadOnlyList<HandshakeKeys>> candidates, ChannelIdentity identity)
    {
        if (ReadMessage(connection, HandshakeFrames.Message1Size, exact: true) is not { } message1 || !halfOpen.TryFirstPacket()) return null;
        using var handshake = new ResponderHandshake(identity.Device, identity.Binding, identity.Random);
        if (!handshake.TryReadMessage1(message1, candidates()) || !halfOpen.TryProve(handshake.RemoteEphemeral.ToArray())) return null;
        connection.Write(HandshakeFrames.Frame(handshake.CreateMessage2(identity.Certificate(handshake.Keys))));
        if (ReadMessage(connection, HandshakeFrames.MaxMessage3) is not { } message3) return null;
        var noise = handshake.ReadMessage3(message3, out var remote, out byte[] early);
        if (identity.Accepts(remote, handshake.Keys)) return new SecureChannel(connection, noise, handshake.Keys, remote, early, initiator: false, identity.Clock);
        noise.Dispose();
        return null;
    }

    // Null: the peer ended before the message did. The length is checked before anything is allocated.
    private static byte[]? ReadMessage(ITransportConnection connection, int max, bool exact = false)
    {
        Span<byte> head = stackalloc byte[HandshakeFrames.LengthSize];
        if (!ReadExactly(connection, head)) return null;
        int length = HandshakeFrames.ReadLength(head, max);
        if (length == 0 || (exact && length != max)) return null;
        var message = new byte[length];
        return ReadExactly(connection, message) ? message : null;
    }

    private static bool ReadExactly(ITransportConnection connection, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int count = connection.Read(buffer);
            if (count == 0) return false;
            buffer = buffer[count..];
        }

        return true;
    }
}
