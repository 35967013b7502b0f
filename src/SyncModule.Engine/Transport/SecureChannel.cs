using System.Buffers.Binary;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography.Noise;

namespace SyncModule.Engine.Transport;

/// <summary>
/// A duplex byte stream between two devices that have shaken hands: Noise messages, each u16 length ‖ bytes, over a connection (format-1 §13). One thread
/// receives while another sends; <see cref="Abort"/> may come from anywhere. Made by <see cref="ChannelHandshake"/>.
/// </summary>
public sealed class SecureChannel : IDisposable
{
    private const int Head = HandshakeFrames.LengthSize;
    private const int FullMessage = Head + NoiseTransport.MaxPlaintext + NoiseTransport.Overhead;

    // A frame of one MiB goes out in one write: fewer system calls, full segments.
    private const int MostPerWrite = ((1 << 20) / FullMessage + 1) * FullMessage;
    private const int FirstBuffer = 16 * 1024;

    private readonly ITransportConnection _connection;
    private readonly NoiseTransport _noise;
    private readonly ProgressWatch _watch;
    private readonly Lock _sending = new();
    private byte[] _out = new byte[FirstBuffer];
    private byte[] _in = new byte[FirstBuffer];
    private byte[] _rest = [];
    private int _inStart, _inEnd, _restStart, _restEnd;
    private int _sentSinceReceive, _roundTrips;
    private SyncException? _failure;

    internal SecureChannel(ITransportConnection connection, NoiseTransport noise, HandshakeKeys keys, DeviceCertificate remote, ReadOnlyMemory<byte> early, bool initiator, TimeProvider clock)
    {
        (_connection, _noise) = (connection, noise);
        (Remote, Early, IsInitiator, Kind, Vault, Epoch) = (remote, early, initiator, keys.Kind, keys.VaultId, keys.EpochId);
        // Connecting was one round trip and msg1 → msg2 another; what answers msg3 completes the third.
        (_roundTrips, _sentSinceReceive) = (2, initiator ? 1 : 0);
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
                int length = Seal(first, 0, more: second.Length > 0);
                Write(Seal(second, length, more: false));
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

    /// <summary>Waits for at least one byte and takes what is there, opened straight into <paramref name="buffer"/>; 0 = the peer has ended its direction.</summary>
    /// <param name="buffer">Not empty.</param>
    /// <param name="oneMessage">Take no more than one message: what follows may belong somewhere else.</param>
    /// <exception cref="SyncException">ProtocolViolation: a message did not open, nothing more is read; SessionLost; SessionTimeout.</exception>
    public int Receive(Span<byte> buffer, bool oneMessage = false)
    {
        if (buffer.IsEmpty) throw new ArgumentException("A read needs room for a byte.", nameof(buffer));
        try
        {
            int taken = TakeRest(buffer);
            while (true)
            {
                while (taken < buffer.Length && !(oneMessage && taken > 0) && TryOpen(buffer[taken..], out int opened)) taken += opened;
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

    private int TakeRest(Span<byte> buffer)
    {
        int count = Math.Min(buffer.Length, _restEnd - _restStart);
        _rest.AsSpan(_restStart, count).CopyTo(buffer);
        _restStart += count;
        return count;
    }

    // False: no whole message is here.
    private bool TryOpen(Span<byte> destination, out int opened)
    {
        opened = 0;
        int here = _inEnd - _inStart;
        if (here < Head) return false;
        int length = BinaryPrimitives.ReadUInt16BigEndian(_in.AsSpan(_inStart));
        if (here < Head + length) return false;
        var message = _in.AsSpan(_inStart + Head, length);
        _inStart += Head + length;
        int plain = length - NoiseTransport.Overhead;
        if (plain <= destination.Length)
        {
            opened = _noise.Decrypt(message, destination);
            return true;
        }

        // The message is longer than what is asked for: the rest waits here.
        if (_rest.Length < plain) _rest = new byte[NoiseTransport.MaxPlaintext];
        (_restStart, _restEnd) = (0, _noise.Decrypt(message, _rest));
        opened = TakeRest(destination);
        return true;
    }

    private bool Fill()
    {
        int here = _inEnd - _inStart;
        if (here == 0) _inStart = _inEnd = 0;
        // Grows only behind bytes that really came: a silent peer costs 16 KiB.
        if (_inEnd == _in.Length)
        {
            if (_inStart > 0 && here <= _in.Length / 2)
            {
                _in.AsSpan(_inStart, here).CopyTo(_in);
                (_inStart, _inEnd) = (0, here);
            }
            else
            {
                var larger = new byte[Math.Min(_in.Length * 4, 1 << 20)];
                if (larger.Length <= here) larger = new byte[_in.Length * 2];
                _in.AsSpan(_inStart, here).CopyTo(larger);
                (_in, _inStart, _inEnd) = (larger, 0, here);
            }
        }

        _watch.Reading = InFrame || here > 0;
        int count = _connection.Read(_in.AsSpan(_inEnd));
        _watch.Reading = false;
        if (count == 0) return here == 0 ? false : throw SyncErrors.SessionLost.With($"{RemoteAddress} ended in the middle of a message");
        if (Interlocked.Exchange(ref _sentSinceReceive, 0) != 0) Interlocked.Increment(ref _roundTrips);
        _inEnd += count;
        return true;
    }

    // Appends the messages of some bytes to what waits in the buffer, which is written out whenever it is full. Returns what waits then.
    private int Seal(ReadOnlySpan<byte> bytes, int length, bool more)
    {
        while (!bytes.IsEmpty)
        {
            var part = bytes[..Math.Min(bytes.Length, NoiseTransport.MaxPlaintext)];
            bytes = bytes[part.Length..];
            int size = Head + part.Length + NoiseTransport.Overhead;
            if (length + size > MostPerWrite)
            {
                Write(length);
                length = 0;
            }

            Reserve(length, length + size, more || !bytes.IsEmpty);
            int sealedLength = _noise.Encrypt(part, _out.AsSpan(length + Head));
            BinaryPrimitives.WriteUInt16BigEndian(_out.AsSpan(length), (ushort)sealedLength);
            length += Head + sealedLength;
        }

        return length;
    }

    private void Write(int length)
    {
        if (length == 0) return;
        Volatile.Write(ref _sentSinceReceive, 1);
        _watch.Writing = true;
        _connection.Write(_out.AsSpan(0, length));
        _watch.Writing = false;
    }

    // A session that never sends much keeps a small buffer.
    private void Reserve(int used, int size, bool more)
    {
        if (_out.Length >= size) return;
        var larger = new byte[Math.Min(MostPerWrite, Math.Max(size, more ? MostPerWrite : _out.Length * 2))];
        _out.AsSpan(0, used).CopyTo(larger);
        _out = larger;
    }
}
