using System.Buffers.Binary;
using SyncModule.Engine.Cryptography.Noise;

namespace SyncModule.Engine.Transport;

/// <summary>
/// The receiving half of a channel without its connection: bytes as they come in, the plain bytes of whole Noise messages out
/// (format-1 §13). The shell (<see cref="SecureChannel"/>) and the simulation share it. One thread at a time.
/// </summary>
internal sealed class MessageOpener(NoiseTransport noise)
{
    private const int Head = MessageSealer.Head;
    private const int FirstBuffer = 16 * 1024;

    private byte[] _in = new byte[FirstBuffer];
    private byte[] _rest = [];
    private int _inStart, _inEnd, _restStart, _restEnd;

    /// <summary>Bytes of a message that is not whole yet.</summary>
    public int Waiting => _inEnd - _inStart;

    /// <summary>Where the next bytes go; never empty. It grows only behind bytes that really came: a silent peer costs 16 KiB.</summary>
    public Span<byte> Room()
    {
        int here = Waiting;
        if (here == 0) _inStart = _inEnd = 0;
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

        return _in.AsSpan(_inEnd);
    }

    /// <summary>So many bytes were written into <see cref="Room"/>.</summary>
    public void Filled(int count) => _inEnd += count;

    /// <summary>Opens as many messages as fit, or one, straight into <paramref name="buffer"/>; 0 when no whole one is here.</summary>
    /// <exception cref="SyncException">ProtocolViolation: a message did not open; nothing is opened any more. SessionLost: the transport is closed.</exception>
    public int Open(Span<byte> buffer, bool oneMessage = false)
    {
        int taken = TakeRest(buffer);
        while (taken < buffer.Length && !(oneMessage && taken > 0) && TryOpen(buffer[taken..], out int opened)) taken += opened;
        return taken;
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
        int here = Waiting;
        if (here < Head) return false;
        int length = BinaryPrimitives.ReadUInt16BigEndian(_in.AsSpan(_inStart));
        if (here < Head + length) return false;
        var message = _in.AsSpan(_inStart + Head, length);
        _inStart += Head + length;
        int plain = length - NoiseTransport.Overhead;
        if (plain <= destination.Length)
        {
            opened = noise.Decrypt(message, destination);
            return true;
        }

        // The message is longer than what is asked for: the rest waits here.
        if (_rest.Length < plain) _rest = new byte[NoiseTransport.MaxPlaintext];
        (_restStart, _restEnd) = (0, noise.Decrypt(message, _rest));
        opened = TakeRest(destination);
        return true;
    }
}
