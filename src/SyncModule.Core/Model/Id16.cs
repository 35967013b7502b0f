using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SyncModule.Core.Model;

/// <summary>
/// 16 bytes with value equality and the order of an unsigned big-endian number: the name of a log, a slot or a segment, or a cut MAC.
/// The aliases in <c>Aliases.cs</c> (LogId, CollectionTag, …) say which.
/// </summary>
public readonly struct Id16 : IEquatable<Id16>, IComparable<Id16>
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 16;

    // Native-endian words of the bytes as they stand; comparison reverses them where needed.
    private readonly ulong _a, _b;

    /// <summary>Copies exactly 16 bytes.</summary>
    public Id16(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size) throw new ArgumentException("An id has 16 bytes.", nameof(bytes));
        _a = MemoryMarshal.Read<ulong>(bytes);
        _b = MemoryMarshal.Read<ulong>(bytes[8..]);
    }

    /// <summary>The id of 16 zero bytes: the collection tag of lane 1.</summary>
    public static Id16 Zero => default;

    /// <summary>True for 16 zero bytes.</summary>
    public bool IsZero => (_a | _b) == 0;

    /// <summary>Reads 32 lower- or upper-case hex digits.</summary>
    public static Id16 FromHex(string hex) => new(Convert.FromHexString(hex));

    /// <summary>Writes the 16 bytes to the start of <paramref name="destination"/>.</summary>
    public void CopyTo(Span<byte> destination) => MemoryMarshal.Write(destination, in this);

    /// <summary>A fresh array of the 16 bytes.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <inheritdoc/>
    public bool Equals(Id16 other) => _a == other._a && _b == other._b;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Id16 other && Equals(other);

    /// <summary>The first bytes are already uniform; no randomised hash may reach state or order.</summary>
    public override int GetHashCode() => (int)_a;

    /// <inheritdoc/>
    public int CompareTo(Id16 other)
    {
        int c = Word(_a).CompareTo(Word(other._a));
        if (c == 0) c = Word(_b).CompareTo(Word(other._b));
        return c;
    }

    /// <summary>32 lower-case hex digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(ToArray());

    public static bool operator ==(Id16 left, Id16 right) => left.Equals(right);

    public static bool operator <=(Id16 left, Id16 right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Id16 left, Id16 right) => left.CompareTo(right) >= 0;

    public static bool operator !=(Id16 left, Id16 right) => !left.Equals(right);

    public static bool operator <(Id16 left, Id16 right) => left.CompareTo(right) < 0;

    public static bool operator >(Id16 left, Id16 right) => left.CompareTo(right) > 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Word(ulong word) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(word) : word;
}
