using System.Buffers.Binary;

namespace SyncModule.Core.Tests.Chunking;

/// <summary>SplitMix64, little-endian: test input that anyone can generate again in any language.</summary>
internal static class SplitMix
{
    public static byte[] Bytes(ulong seed, int length)
    {
        var bytes = new byte[length + 8];
        for (int at = 0; at < length; at += 8)
        {
            seed += 0x9E37_79B9_7F4A_7C15;
            ulong z = seed;
            z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
            z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), z ^ (z >> 31));
        }

        return bytes[..length];
    }
}
