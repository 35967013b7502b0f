using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography.Noise;

namespace SyncModule.Engine.Transport;

/// <summary>
/// A duplex byte stream between two devices that have shaken hands: Noise messages, each u16 length ‖ bytes, over a connection (format-1 §13). One thread
/// receives while another sends; <see cref="Abort"/> may come from anywhere. Made by <see cref="ChannelHandshake"/>.
/// </summary>
public sealed class SecureChannel : IDisposable
{
    private readonly ITransportConnection _connection;
    private readonly NoiseTransport _noise;
    private readonly MessageSealer _sealer;
    private readonly MessageOpener _opener;
    private readonly ProgressWatch _watch;
    private readonly Lock _sending = new();
    private int _sentSinceReceive, _roundTrips;
    private SyncException? _failure;

    internal SecureChannel(ITransportConnection connection, Handshaken handshake, TimeProvider clock)
    {
        (_connection, _noise) = (connection, handshake.Noise);
        (_sealer, _opener) = (new(_noise), new(_noise));
        (Remote, Early, IsInitiator) = (handshake.Remote, handshake.Early, handshake.IsInitiator);
        (Kind, Vault, Epoch) = (handshake.Keys.Kind, handshake.Keys.VaultId, handshake.Keys.EpochId);
        // Connecting was one round trip and msg1 → msg2 another; what answers msg3 completes the third.
        (_roundTrips, _sentSinceReceive) = (2, IsInitiator ? 1 : 0);
        _watch = new ProgressWatch(clock, connection, e => Abort(e));
    }

    /// <summary>The peer's certificate: its signature and keys are checked; membership is the session's question.</summary>
    public DeviceCertificate Remote { get; }

    /// <summary>Frames of msg3: what was sent for the initiator, what arrived for the responder.</summary>
    public ReadOnlyMemory<byte> Early { get; }

    public bool IsInitiator { get; }

    public HandshakeKind Kind { get; }

    public VaultId Vault { get; }

    /// <summary>The epoch that made the psk; null for an invite.</summary>
    public EpochId? Epoch { get; }

    /// <summary>The same at both ends and in no other session.</summary>
    public Id32 HandshakeHash => _noise.HandshakeHash;

    public PeerAddress RemoteAddress => _connection.RemoteAddress;

    /// <summary>Bytes of both directions as the transport carried them, handshake included.</summary>
    public long WireBytes => _connection.BytesRead + _connection.BytesWritten;

    /// <summary>Bytes that the transport has brought, handshake included.</summary>
    public long BytesRead => _connection.BytesRead;

    /// <summary>Times that this end heard something after it had said something, connecting and the handshake included.</summary>
    public int RoundTrips => Volatile.Read(ref _roundTrips);

    /// <summary>Why the channel ended, when it was not the peer's orderly end.</summary>
    public SyncException? Failure => Volatile.Read(ref _failure);

    /// <summary>Set while a frame is half received: reads are then held to the least rate, see <see cref="ProgressWatch"/>.</summary>
    public bool InFrame { get; set; }

    /// <summary>Seals and writes; returns when the transport has taken everything.</summary>
    public void Send(ReadOnlySpan<byte> bytes) => Send(bytes, default);

    /// <summary>The same for two pieces, the second right behind the first. Each begins a message, so a receiver that knows its length can open it in its place.</summary>
    public void Send(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        lock (_sending)
        {
            try
            {
                Seal(first, more: second.Length > 0);
                Seal(second, more: false);
                Write();
            }
            catch (SyncException e)
            {
                throw Abort(e);
            }
            finally
            {
                _watch.Writing = false;
            }
        }
    }

    /// <inheritdoc cref="ITransportConnection.TakesLittle"/>
    public bool TakesLittle => _connection.TakesLittle;

    /// <summary>Waits for at least one byte and takes what is there, opened straight into <paramref name="buffer"/>; 0 = the peer has ended its direction.</summary>
    /// <param name="buffer">Not empty.</param>
    /// <param name="oneMessage">Take no more than one message: what follows may belong somewhere else.</param>
    /// <exception cref="SyncException">ProtocolViolation: a message did not open, nothing more is read; SessionLost; SessionTimeout.</exception>
    public int Receive(Span<byte> buffer, bool oneMessage = false)
    {
        if (buffer.IsEmpty) throw new ArgumentException("A read needs room for a byte.", nameof(buffer));
        try
        {
            while (true)
            {
                int taken = _opener.Open(buffer, oneMessage);
                if (taken > 0) return taken;
                if (!Fill()) return 0;
            }
        }
        catch (SyncException e)
        {
            throw Abort(e);
        }
    }

    /// <summary>Ends the own direction; see <see cref="ITransportConnection.CloseWrite"/>.</summary>
    public void CloseWrite()
    {
        lock (_sending) _connection.CloseWrite();
    }

    /// <summary>Tears the connection down; the first reason given is what both calls in flight and <see cref="Failure"/> report. Returns that reason.</summary>
    public SyncException Abort(SyncException reason)
    {
        var first = Interlocked.CompareExchange(ref _failure, reason, null) ?? reason;
        _connection.Abort();
        return first;
    }

    /// <summary>Closes the connection at once. Threads that still send or receive must have ended: their keys go too.</summary>
    public void Dispose()
    {
        _watch.Dispose();
        _connection.Dispose();
        _noise.Dispose();
    }

    private bool Fill()
    {
        var room = _opener.Room();
        _watch.Reading = InFrame || _opener.Waiting > 0;
        int count = _connection.Read(room);
        _watch.Reading = false;
        if (count == 0) return _opener.Waiting == 0 ? false : throw SyncErrors.SessionLost.With($"{RemoteAddress} ended in the middle of a message");
        if (Interlocked.Exchange(ref _sentSinceReceive, 0) != 0) Interlocked.Increment(ref _roundTrips);
        _opener.Filled(count);
        return true;
    }

    private void Seal(ReadOnlySpan<byte> bytes, bool more)
    {
        while (!_sealer.Add(ref bytes, more)) Write();
    }

    private void Write()
    {
        var messages = _sealer.Take();
        if (messages.IsEmpty) return;
        Volatile.Write(ref _sentSinceReceive, 1);
        _watch.Writing = true;
        _connection.Write(messages);
        _watch.Writing = false;
    }
}
