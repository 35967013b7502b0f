using System.Buffers.Binary;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Simulation;

/// <summary>
/// SplitMix64: every choice and every key of a run, from one seed. A seeded source of randomness exists in this assembly only
/// (format-1 §0), because keys that somebody could draw again are no keys.
/// </summary>
internal sealed class SeededRandom(ulong seed) : IRandomSource
{
    private ulong _state = seed;

    public ulong NextUInt64()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>0 … bound-1.</summary>
    public int Next(int bound) => (int)(((UInt128)NextUInt64() * (uint)bound) >> 64);

    /// <summary>low … high-1.</summary>
    public int Next(int low, int high) => low + Next(high - low);

    /// <summary>True once in <paramref name="n"/> times.</summary>
    public bool OneIn(int n) => Next(n) == 0;

    public T Pick<T>(IReadOnlyList<T> list) => list[Next(list.Count)];

    /// <summary>Another stream that follows from this one.</summary>
    public SeededRandom Fork() => new(NextUInt64());

    public void Fill(Span<byte> destination)
    {
        Span<byte> word = stackalloc byte[8];
        for (int at = 0; at < destination.Length; at += 8)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(word, NextUInt64());
            word[..Math.Min(8, destination.Length - at)].CopyTo(destination[at..]);
        }
    }
}
