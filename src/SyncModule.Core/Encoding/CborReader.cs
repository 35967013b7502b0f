using System.Buffers.Binary;
using System.Text;
using SyncModule.Core.Model;

namespace SyncModule.Core.Encoding;

/// <summary>What stands next in the input.</summary>
public enum CborKind
{
    /// <summary>Major type 0.</summary>
    UInt,

    /// <summary>Major type 1.</summary>
    NegativeInt,

    /// <summary>Major type 2.</summary>
    Bytes,

    /// <summary>Major type 3.</summary>
    Text,

    /// <summary>Major type 4.</summary>
    Array,

    /// <summary>Simple value 22.</summary>
    Null,
}

/// <summary>
/// Reads the deterministic CBOR of format 1 and nothing else: a longer than shortest integer, an indefinite length, a float, tag,
/// map or boolean, nesting over 16, text that is not UTF-8 and bytes behind the end are all refused with
/// <see cref="VaultFormatException"/>. Every length is checked against what is left before anything is allocated.
/// </summary>
public ref struct CborReader(ReadOnlySpan<byte> data)
{
    /// <summary>Deepest nesting of arrays (format-1 §0).</summary>
    public const int MaxDepth = 16;

    private readonly ReadOnlySpan<byte> _data = data;
    private int _position;
    private int _depth;
    private Counts _open;

    [System.Runtime.CompilerServices.InlineArray(MaxDepth)]
    private struct Counts
    {
        private int _first;
    }

    /// <summary>Offset of the next byte.</summary>
    public readonly int Position => _position;

    /// <summary>True when every byte was read.</summary>
    public readonly bool AtEnd => _position == _data.Length;

    /// <summary>What stands next. Throws at the end of the input or at a type that the format does not have.</summary>
    public readonly CborKind Peek()
    {
        byte b = _position < _data.Length ? _data[_position] : throw End();
        if (b == 0xF6) return CborKind.Null;
        return (b >> 5) switch
        {
            0 => CborKind.UInt,
            1 => CborKind.NegativeInt,
            2 => CborKind.Bytes,
            3 => CborKind.Text,
            4 => CborKind.Array,
            _ => throw new VaultFormatException("The format has no maps, tags, floats or booleans."),
        };
    }

    /// <summary>Enters an array and returns its length, which is at most <paramref name="max"/> and at most the bytes that are left.</summary>
    public int ReadArray(int max)
    {
        ulong count = Head(4);
        if (count > (ulong)max || count > (ulong)(_data.Length - _position)) throw new VaultFormatException("An array is longer than allowed.");
        if (_depth == MaxDepth) throw new VaultFormatException("Nested too deep.");
        Item();
        _open[_depth++] = (int)count;
        Close();
        return (int)count;
    }

    /// <summary>Enters an array that must have exactly <paramref name="count"/> items.</summary>
    public void ReadArrayOf(int count)
    {
        if (ReadArray(count) != count) throw new VaultFormatException("An array has the wrong length.");
    }

    public ulong ReadUInt()
    {
        ulong value = Head(0);
        Item();
        Close();
        return value;
    }

    /// <summary>Reads an unsigned integer that must not be above <paramref name="max"/>.</summary>
    public ulong ReadUInt(ulong max)
    {
        ulong value = ReadUInt();
        return value <= max ? value : throw new VaultFormatException("A number is above its limit.");
    }

    public long ReadInt()
    {
        bool negative = Peek() == CborKind.NegativeInt;
        ulong value = Head(negative ? 1 : 0);
        if (value > long.MaxValue) throw new VaultFormatException("A number is out of range.");
        Item();
        Close();
        return negative ? ~(long)value : (long)value;
    }

    /// <summary>A view of a byte string of at most <paramref name="max"/> bytes; no copy.</summary>
    public ReadOnlySpan<byte> ReadBytes(int max)
    {
        var bytes = String(2, max);
        Item();
        Close();
        return bytes;
    }

    /// <summary>A view of a byte string of exactly <paramref name="length"/> bytes.</summary>
    public ReadOnlySpan<byte> ReadBytesOf(int length)
    {
        var bytes = ReadBytes(length);
        return bytes.Length == length ? bytes : throw new VaultFormatException("A byte string has the wrong length.");
    }

    public Id32 ReadId32() => new(ReadBytesOf(Id32.Size));

    public Id16 ReadId16() => new(ReadBytesOf(Id16.Size));

    /// <summary>Text of at most <paramref name="maxBytes"/> bytes of valid UTF-8.</summary>
    public string ReadText(int maxBytes) => ReadText(maxBytes, null);

    /// <summary>The same; of a text that is known already no other string is made.</summary>
    internal string ReadText(int maxBytes, KnownTexts? known)
    {
        var bytes = String(3, maxBytes);
        Item();
        Close();
        try
        {
            return known?.Find(bytes) ?? CborWriter.StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new VaultFormatException("Text is not UTF-8.");
        }
    }

    /// <summary>Reads a null if one stands next.</summary>
    public bool TryReadNull()
    {
        if (_position >= _data.Length) throw End();
        if (_data[_position] != 0xF6) return false;
        _position++;
        Item();
        Close();
        return true;
    }

    /// <summary>The encoded bytes of the next item, whole, checked to be canonical.</summary>
    public ReadOnlySpan<byte> ReadEncoded()
    {
        int start = _position;
        Skip();
        return _data[start.._position];
    }

    /// <summary>Reads over one item of any kind, checking it.</summary>
    public void Skip()
    {
        switch (Peek())
        {
            case CborKind.UInt: ReadUInt(); break;
            case CborKind.NegativeInt: ReadInt(); break;
            case CborKind.Bytes: ReadBytes(int.MaxValue); break;
            case CborKind.Text: SkipText(); break;
            case CborKind.Null: TryReadNull(); break;
            case CborKind.Array:
                int count = ReadArray(int.MaxValue);
                for (int i = 0; i < count; i++) Skip();
                break;
        }
    }

    /// <summary>Checks that nothing follows and every array is complete.</summary>
    public readonly void Finish()
    {
        if (_position != _data.Length) throw new VaultFormatException("Bytes follow the end.");
        if (_depth != 0) throw End();
    }

    private static VaultFormatException End() => new("The input ends too early.");

    private void SkipText()
    {
        var bytes = String(3, int.MaxValue);
        Item();
        Close();
        if (!System.Text.Unicode.Utf8.IsValid(bytes)) throw new VaultFormatException("Text is not UTF-8.");
    }

    // One item is about to be consumed from the innermost open array.
    private void Item()
    {
        if (_depth == 0) return;
        if (_open[_depth - 1]-- == 0) throw new VaultFormatException("An array has more items than it says.");
    }

    // Leaves every array whose last item was just read.
    private void Close()
    {
        while (_depth > 0 && _open[_depth - 1] == 0) _depth--;
    }

    private ReadOnlySpan<byte> String(int major, int max)
    {
        ulong length = Head(major);
        if (length > (ulong)max || length > (ulong)(_data.Length - _position)) throw new VaultFormatException("A string is longer than allowed.");
        var bytes = _data.Slice(_position, (int)length);
        _position += (int)length;
        return bytes;
    }

    private ulong Head(int major)
    {
        if (_position >= _data.Length) throw End();
        byte b = _data[_position];
        if (b >> 5 != major) throw new VaultFormatException("Another type was expected.");
        int info = b & 31;
        int extra = info switch { < 24 => 0, 24 => 1, 25 => 2, 26 => 4, 27 => 8, _ => throw new VaultFormatException("Indefinite lengths are not in the format.") };
        if (_data.Length - _position - 1 < extra) throw End();
        var rest = _data.Slice(_position + 1, extra);
        _position += 1 + extra;
        ulong value = extra switch { 0 => (ulong)info, 1 => rest[0], 2 => BinaryPrimitives.ReadUInt16BigEndian(rest), 4 => BinaryPrimitives.ReadUInt32BigEndian(rest), _ => BinaryPrimitives.ReadUInt64BigEndian(rest) };
        bool shortest = extra switch { 0 => true, 1 => value >= 24, 2 => value > byte.MaxValue, 4 => value > ushort.MaxValue, _ => value > uint.MaxValue };
        return shortest || Plants.LongNumbersAccepted ? value : throw new VaultFormatException("A number is not in its shortest form.");
    }
}
