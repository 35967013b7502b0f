using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace SyncModule.Core.Encoding;

/// <summary>
/// Writes the deterministic CBOR that format 1 uses (RFC 8949 §4.2.1): shortest integers, definite lengths, arrays, byte and text
/// strings, null. There are no maps, floats, tags or booleans in the format, so there is no way to write one.
/// </summary>
public sealed class CborWriter(int capacity = 256)
{
    private readonly ArrayBufferWriter<byte> _buffer = new(Math.Max(capacity, 16));

    /// <summary>What was written so far; valid until the next write.</summary>
    public ReadOnlySpan<byte> Written => _buffer.WrittenSpan;

    /// <summary>Bytes written so far.</summary>
    public int Length => _buffer.WrittenCount;

    /// <summary>A fresh array of what was written.</summary>
    public byte[] ToArray() => _buffer.WrittenSpan.ToArray();

    /// <summary>Forgets what was written and keeps the memory.</summary>
    public void Clear() => _buffer.ResetWrittenCount();

    /// <summary>The same, and writes zeros over it.</summary>
    public void Wipe() => _buffer.Clear();

    /// <summary>Grows once, where it is known that so many bytes follow, instead of doubling on the way: each step would leave a copy of what was written.</summary>
    public void EnsureRoom(int bytes) => _ = _buffer.GetSpan(bytes);

    /// <summary>Bytes of memory that it holds.</summary>
    public int Capacity => _buffer.Capacity;

    /// <summary>Starts an array of <paramref name="count"/> items.</summary>
    public void WriteArray(int count) => Head(4, (ulong)count);

    public void WriteUInt(ulong value) => Head(0, value);

    public void WriteInt(long value)
    {
        if (value >= 0) Head(0, (ulong)value);
        else Head(1, ~(ulong)value);
    }

    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        Head(2, (ulong)bytes.Length);
        _buffer.Write(bytes);
    }

    public void WriteId(in Model.Id32 id)
    {
        Head(2, Model.Id32.Size);
        id.CopyTo(_buffer.GetSpan(Model.Id32.Size));
        _buffer.Advance(Model.Id32.Size);
    }

    public void WriteId(in Model.Id16 id)
    {
        Head(2, Model.Id16.Size);
        id.CopyTo(_buffer.GetSpan(Model.Id16.Size));
        _buffer.Advance(Model.Id16.Size);
    }

    /// <summary>Writes text as UTF-8. A lone surrogate is refused: it has no UTF-8 form.</summary>
    public void WriteText(string text)
    {
        int length;
        try
        {
            length = StrictUtf8.GetByteCount(text);
        }
        catch (EncoderFallbackException)
        {
            throw new VaultFormatException("Text is not well-formed Unicode.");
        }

        Head(3, (ulong)length);
        StrictUtf8.GetBytes(text, _buffer.GetSpan(length));
        _buffer.Advance(length);
    }

    public void WriteNull() => WriteRaw([0xF6]);

    /// <summary>Inserts bytes that are CBOR already (an inner shape that was encoded before).</summary>
    public void WriteRaw(ReadOnlySpan<byte> encoded) => _buffer.Write(encoded);

    internal static UTF8Encoding StrictUtf8 { get; } = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private void Head(int major, ulong value)
    {
        var span = _buffer.GetSpan(9);
        byte type = (byte)(major << 5);
        int length;
        if (value < 24)
        {
            span[0] = (byte)(type | (byte)value);
            length = 1;
        }
        else if (value <= byte.MaxValue)
        {
            span[0] = (byte)(type | 24);
            span[1] = (byte)value;
            length = 2;
        }
        else if (value <= ushort.MaxValue)
        {
            span[0] = (byte)(type | 25);
            BinaryPrimitives.WriteUInt16BigEndian(span[1..], (ushort)value);
            length = 3;
        }
        else if (value <= uint.MaxValue)
        {
            span[0] = (byte)(type | 26);
            BinaryPrimitives.WriteUInt32BigEndian(span[1..], (uint)value);
            length = 5;
        }
        else
        {
            span[0] = (byte)(type | 27);
            BinaryPrimitives.WriteUInt64BigEndian(span[1..], value);
            length = 9;
        }

        _buffer.Advance(length);
    }
}
