using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SyncModule.Core.Model;

/// <summary>
/// 32 bytes with value equality and the order of an unsigned big-endian number: a SHA-256 digest or an Ed25519 public key.
/// The aliases in <c>Aliases.cs</c> (CommitId, DeviceId, …) say which.
/// </summary>
public readonly struct Id32 : IEquatable<Id32>, IComparable<Id32>
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 32;

    // Native-endian words of the bytes as they stand; comparison reverses them where needed.
    private readonly ulong _a, _b, _c, _d;

    /// <summary>Copies exactly 32 bytes.</summary>
    public Id32(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size) throw new ArgumentException("An id has 32 bytes.", nameof(bytes));
        _a = MemoryMarshal.Read<ulong>(bytes);
        _b = MemoryMarshal.Read<ulong>(bytes[8..]);
        _c = MemoryMarshal.Read<ulong>(bytes[16..]);
        _d = MemoryMarshal.Read<ulong>(bytes[24..]);
    }

    /// <summary>The id of 32 zero bytes: "no previous commit".</summary>
    public static Id32 Zero => default;

    /// <summary>True for 32 zero bytes.</summary>
    public bool IsZero => (_a | _b | _c | _d) == 0;

    /// <summary>Reads 64 lower- or upper-case hex digits.</summary>
    public static Id32 FromHex(string hex) => new(Convert.FromHexString(hex));

    /// <summary>Writes the 32 bytes to the start of <paramref name="destination"/>.</summary>
    public void CopyTo(Span<byte> destination) => MemoryMarshal.Write(destination, in this);

    /// <summary>A fresh array of the 32 bytes.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <inheritdoc/>
    public bool Equals(Id32 other) => _a == other._a && _b == other._b && _c == other._c && _d == other._d;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Id32 other && Equals(other);

    /// <summary>The first bytes are already uniform; no randomised hash may reach state or order.</summary>
    public override int GetHashCode() => (int)_a;

    /// <inheritdoc/>
    public int CompareTo(Id32 other)
    {
        int c = Word(_a).CompareTo(Word(other._a));
        if (c == 0) c = Word(_b).CompareTo(Word(other._b));
        if (c == 0) c = Word(_c).CompareTo(Word(other._c));
        return c != 0 ? c : Word(_d).CompareTo(Word(other._d));
    }

    /// <summary>64 lower-case hex digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(ToArray());

    public static bool operator ==(Id32 left, Id32 right) => left.Equals(right);

    public static bool operator <=(Id32 left, Id32 right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Id32 left, Id32 right) => left.CompareTo(right) >= 0;

    public static bool operator !=(Id32 left, Id32 right) => !left.Equals(right);

    public static bool operator <(Id32 left, Id32 right) => left.CompareTo(right) < 0;

    public static bool operator >(Id32 left, Id32 right) => left.CompareTo(right) > 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Word(ulong word) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(word) : word;
}
