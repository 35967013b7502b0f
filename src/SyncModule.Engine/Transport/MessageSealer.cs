using System.Buffers.Binary;
using SyncModule.Engine.Cryptography.Noise;

namespace SyncModule.Engine.Transport;

/// <summary>
/// The sending half of a channel without its connection: plain bytes in, Noise messages (u16 length ‖ sealed, format-1 §13) out, gathered
/// for one write. The shell (<see cref="SecureChannel"/>) and the simulation share it. One thread at a time.
/// </summary>
internal sealed class MessageSealer(NoiseTransport noise)
{
    internal const int Head = HandshakeFrames.LengthSize;

    private const int FullMessage = Head + NoiseTransport.MaxPlaintext + NoiseTransport.Overhead;

    // A frame of one MiB goes out in one write: fewer system calls, full segments.
    private const int MostPerWrite = (((1 << 20) / FullMessage) + 1) * FullMessage;
    private const int FirstBuffer = 16 * 1024;

    private byte[] _out = new byte[FirstBuffer];
    private int _length;

    /// <summary>
    /// Appends messages and takes what they hold off <paramref name="bytes"/>, as far as one write goes. False: <see cref="Take"/> first, then the
    /// rest. What begins here begins a message.
    /// </summary>
    /// <param name="bytes">Plain bytes.</param>
    /// <param name="more">More will follow before <see cref="Take"/>; a session that never sends much keeps a small buffer.</param>
    /// <exception cref="SyncException">SessionLost: the transport is closed.</exception>
    public bool Add(ref ReadOnlySpan<byte> bytes, bool more)
    {
        while (!bytes.IsEmpty)
        {
            var part = bytes[..Math.Min(bytes.Length, NoiseTransport.MaxPlaintext)];
            int size = Head + part.Length + NoiseTransport.Overhead;
            if (_length + size > MostPerWrite) return false;
            bytes = bytes[part.Length..];
            Reserve(_length + size, more || !bytes.IsEmpty);
            int sealedLength = noise.Encrypt(part, _out.AsSpan(_length + Head));
            BinaryPrimitives.WriteUInt16BigEndian(_out.AsSpan(_length), (ushort)sealedLength);
            _length += Head + sealedLength;
        }

        return true;
    }

    /// <summary>What was gathered, perhaps nothing; good until the next call.</summary>
    public ReadOnlySpan<byte> Take()
    {
        int length = _length;
        _length = 0;
        return _out.AsSpan(0, length);
    }

    private void Reserve(int size, bool more)
    {
        if (_out.Length >= size) return;
        var larger = new byte[Math.Min(MostPerWrite, Math.Max(size, more ? MostPerWrite : _out.Length * 2))];
        _out.AsSpan(0, _length).CopyTo(larger);
        _out = larger;
    }
}
