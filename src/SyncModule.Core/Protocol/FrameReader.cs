using System.Buffers.Binary;

namespace SyncModule.Core.Protocol;

/// <summary>
/// Cuts a byte stream into frames, however the bytes arrive. The length is checked against the type's limit before anything is
/// allocated, and memory grows only with the bytes that came: at most four times those plus 64 KiB (security T15, T16).
/// </summary>
/// <param name="memory">Where bodies of DATA frames go; null for arrays.</param>
public sealed class FrameReader(IFrameMemory? memory = null)
{
    private const int FirstBuffer = 64 << 10;

    private readonly byte[] _head = new byte[SessionLimits.FrameHeader];
    private int _headLength;
    private Memory<byte> _body;
    private int _bodyLength;
    private int _bodySize;
    private Action? _release;

    /// <summary>Why the stream was refused; null while it is fine. Nothing more is read after a failure.</summary>
    public (SyncErrorKind Kind, string Detail)? Failure { get; private set; }

    /// <summary>True in the middle of a frame.</summary>
    public bool InFrame => _headLength > 0;

    /// <summary>
    /// Room for what is still missing of a body whose memory is lent, empty otherwise. A reader of bytes may put them here instead of
    /// passing them to <see cref="TryRead"/>, and says so by <see cref="Advance"/>: they are then never copied.
    /// </summary>
    public Memory<byte> Room => _release is null ? default : _body[_bodyLength.._bodySize];

    /// <summary>So many bytes were put into <see cref="Room"/>; ask <see cref="TryRead"/> for the frame afterwards, with whatever follows.</summary>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)Room.Length, nameof(count));
        _bodyLength += count;
    }

    /// <summary>Largest body of a type; -1 for a type that the protocol does not have (format-1 §13).</summary>
    public static int MaxBody(FrameType type) => type switch
    {
        FrameType.Data => SessionLimits.MaxData,
        FrameType.Commits or FrameType.Grant => SessionLimits.MaxCommits,
        FrameType.Vector or FrameType.Members or FrameType.Want or FrameType.Range or FrameType.Accept or FrameType.Ack or FrameType.Acknowledged => SessionLimits.MaxList,
        FrameType.Hello => SessionLimits.MaxHello,
        FrameType.Complete or FrameType.Error or FrameType.Notify or FrameType.Ping or FrameType.Window or FrameType.Fork or FrameType.Join => SessionLimits.MaxOther,
        _ => -1,
    };

    /// <summary>
    /// Takes bytes from the front of <paramref name="input"/> until a frame is whole. False: all input is used up, or see
    /// <see cref="Failure"/>.
    /// </summary>
    public bool TryRead(ref ReadOnlySpan<byte> input, out Frame frame)
    {
        frame = default;
        if (Failure is not null) return false;
        if (_headLength < SessionLimits.FrameHeader)
        {
            int take = Math.Min(SessionLimits.FrameHeader - _headLength, input.Length);
            input[..take].CopyTo(_head.AsSpan(_headLength));
            input = input[take..];
            _headLength += take;
            // An unknown type is refused at its first byte: nobody has to wait for a length that means nothing.
            if (_headLength > 0 && MaxBody((FrameType)_head[0]) < 0) return Fail(SyncErrors.ProtocolViolation, $"a frame has the unknown type {_head[0]:x2}");
            if (_headLength < SessionLimits.FrameHeader || !Open()) return false;
        }

        while (_bodyLength < _bodySize && input.Length > 0)
        {
            if (_bodyLength == _body.Length) Grow();
            int take = Math.Min(Math.Min(_body.Length, _bodySize) - _bodyLength, input.Length);
            input[..take].CopyTo(_body.Span[_bodyLength..]);
            input = input[take..];
            _bodyLength += take;
        }

        if (_bodyLength < _bodySize) return false;
        frame = new((FrameType)_head[0], _body[.._bodySize], _release);
        Forget();
        return true;
    }

    private bool Open()
    {
        var type = (FrameType)_head[0];
        uint length = BinaryPrimitives.ReadUInt32BigEndian(_head.AsSpan(1));
        if (length > (uint)MaxBody(type) && !Plants.FrameLengthTrusted) return Fail(SyncErrors.MessageTooLarge, $"a {type} frame of {length} bytes was announced, {MaxBody(type)} are allowed");
        _bodyLength = 0;
        _bodySize = (int)length;
        if (type == FrameType.Data && length > 0 && memory?.Rent(_bodySize) is { } room) (_body, _release) = (room.Memory, room.Release);
        else _body = new byte[Math.Min(_bodySize, FirstBuffer)];
        return true;
    }

    private void Grow()
    {
        var larger = new byte[(int)Math.Min(_bodySize, _body.Length * 4L)];
        _body.Span[.._bodyLength].CopyTo(larger);
        _body = larger;
    }

    /// <summary>Gives back what a frame that will never be whole has taken.</summary>
    public void Abandon()
    {
        _release?.Invoke();
        Forget();
    }

    private void Forget()
    {
        _headLength = 0;
        _bodyLength = _bodySize = 0;
        _body = default;
        _release = null;
    }

    private bool Fail(SyncErrorKind kind, string detail)
    {
        Failure = (kind, detail);
        return false;
    }
}
