using System.Buffers;
using System.Buffers.Binary;

namespace SyncModule.Core.Protocol;

/// <summary>
/// Cuts a byte stream into frames, however the bytes arrive. The length is checked against the type's limit before anything is
/// allocated, and memory grows only with the bytes that came: at most four times those plus 64 KiB (security T15, T16).
/// </summary>
/// <param name="pool">Where bodies of DATA frames come from; null for plain arrays.</param>
public sealed class FrameReader(ArrayPool<byte>? pool = null)
{
    private const int FirstBuffer = 64 << 10;

    private readonly byte[] _head = new byte[SessionLimits.FrameHeader];
    private int _headLength;
    private byte[] _body = [];
    private int _bodyLength;
    private int _bodySize;
    private ArrayPool<byte>? _bodyPool;

    /// <summary>Why the stream was refused; null while it is fine. Nothing more is read after a failure.</summary>
    public (SyncErrorKind Kind, string Detail)? Failure { get; private set; }

    /// <summary>True in the middle of a frame.</summary>
    public bool InFrame => _headLength > 0;

    /// <summary>Largest body of a type; -1 for a type that the protocol does not have (format-1 §13).</summary>
    public static int MaxBody(FrameType type) => type switch
    {
        FrameType.Data => SessionLimits.MaxData,
        FrameType.Commits or FrameType.Grant => SessionLimits.MaxCommits,
        FrameType.Vector or FrameType.Members or FrameType.Want or FrameType.Range or FrameType.Accept or FrameType.Ack => SessionLimits.MaxList,
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
            input[..take].CopyTo(_body.AsSpan(_bodyLength));
            input = input[take..];
            _bodyLength += take;
        }

        if (_bodyLength < _bodySize) return false;
        frame = new((FrameType)_head[0], _body, _bodySize, _bodyPool);
        _headLength = 0;
        _body = [];
        return true;
    }

    private bool Open()
    {
        var type = (FrameType)_head[0];
        uint length = BinaryPrimitives.ReadUInt32BigEndian(_head.AsSpan(1));
        if (length > (uint)MaxBody(type)) return Fail(SyncErrors.MessageTooLarge, $"a {type} frame of {length} bytes was announced, {MaxBody(type)} are allowed");
        _bodyLength = 0;
        _bodySize = (int)length;
        _bodyPool = type == FrameType.Data && length > 0 ? pool : null;
        _body = length == 0 ? [] : Rent(Math.Min(_bodySize, FirstBuffer));
        return true;
    }

    private void Grow()
    {
        var larger = Rent((int)Math.Min(_bodySize, _body.Length * 4L));
        _body.AsSpan(0, _bodyLength).CopyTo(larger);
        _bodyPool?.Return(_body);
        _body = larger;
    }

    private byte[] Rent(int size) => _bodyPool is null ? new byte[size] : _bodyPool.Rent(size);

    private bool Fail(SyncErrorKind kind, string detail)
    {
        Failure = (kind, detail);
        _bodyPool?.Return(_body);
        _bodyPool = null;
        _body = [];
        return false;
    }
}
