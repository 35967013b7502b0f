using System.Buffers;
using System.Buffers.Binary;

namespace SyncModule.Core.Protocol;

/// <summary>
/// Builds frames (type u8 | u32 length | body) in one growing array that is handed out without a copy. A body may be written piece by
/// piece through <see cref="IBufferWriter{T}"/>; its length is put in when the frame ends.
/// </summary>
/// <param name="capacity">Bytes to begin with, when about so many are expected.</param>
public sealed class FrameWriter(int capacity = 0) : IBufferWriter<byte>
{
    private byte[] _buffer = capacity == 0 ? [] : GC.AllocateUninitializedArray<byte>(capacity);
    private int _length;
    private int _start = -1;

    /// <summary>Bytes of finished frames and of the open one.</summary>
    public int Length => _length;

    /// <summary>Opens a frame; everything written until <see cref="End"/> is its body.</summary>
    public void Begin(FrameType type)
    {
        if (_start >= 0) throw new InvalidOperationException("A frame is open.");
        _start = _length;
        GetSpan(SessionLimits.FrameHeader)[0] = (byte)type;
        _length += SessionLimits.FrameHeader;
    }

    /// <summary>Closes the frame. One that is larger than its type allows is taken back: MessageTooLarge.</summary>
    public void End()
    {
        if (_start < 0) throw new InvalidOperationException("No frame is open.");
        int body = _length - _start - SessionLimits.FrameHeader;
        var type = (FrameType)_buffer[_start];
        if (body > FrameReader.MaxBody(type))
        {
            _length = _start;
            _start = -1;
            throw SyncErrors.MessageTooLarge.With($"a {type} frame of {body} bytes cannot be sent");
        }

        BinaryPrimitives.WriteUInt32BigEndian(_buffer.AsSpan(_start + 1), (uint)body);
        _start = -1;
    }

    /// <summary>Adds a whole frame.</summary>
    public void Write(FrameType type, ReadOnlySpan<byte> body)
    {
        Begin(type);
        this.Write(body);
        End();
    }

    /// <summary>Takes back what was written behind <paramref name="length"/>.</summary>
    public void Truncate(int length) => _length = Math.Min(_length, length);

    /// <summary>Hands out what was written and starts anew with other memory.</summary>
    public ReadOnlyMemory<byte> Detach()
    {
        if (_start >= 0) throw new InvalidOperationException("A frame is open.");
        var written = _buffer.AsMemory(0, _length);
        _buffer = [];
        _length = 0;
        return written;
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        if (count < 0 || count > _buffer.Length - _length) throw new ArgumentOutOfRangeException(nameof(count));
        _length += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsMemory(_length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsSpan(_length);
    }

    private void Reserve(int more)
    {
        more = Math.Max(more, 1);
        if (_buffer.Length - _length >= more) return;
        var larger = GC.AllocateUninitializedArray<byte>((int)Math.Min(Math.Max(Math.Max((long)_length + more, _buffer.Length * 2L), 256), Array.MaxLength));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        _buffer = larger;
    }
}
