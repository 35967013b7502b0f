using System.Security.Cryptography;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Cryptography;

/// <summary>
/// HMAC-SHA-256 (RFC 2104) of many messages under one key. The two blocks that depend on the key alone are hashed once; then eight
/// messages go at a time where the processor can (<see cref="Sha256Lanes"/>). Safe for many threads until it is disposed.
/// </summary>
internal sealed class HmacLanes : IDisposable
{
    private const int BlockSize = 64;

    private readonly byte[] _key = GC.AllocateUninitializedArray<byte>(SecretKey.Size, pinned: true);
    private readonly uint[] _inner = GC.AllocateArray<uint>(Sha256Lanes.StateWords, pinned: true);
    private readonly uint[] _outer = GC.AllocateArray<uint>(Sha256Lanes.StateWords, pinned: true);

    /// <param name="key">32 bytes, copied.</param>
    public HmacLanes(ReadOnlySpan<byte> key)
    {
        if (key.Length != SecretKey.Size) throw new ArgumentException("The key has 32 bytes.", nameof(key));
        key.CopyTo(_key);
        if (!Sha256Lanes.IsSupported) return;
        Span<byte> block = stackalloc byte[BlockSize];
        Prepare(block, 0x36, _inner);
        Prepare(block, 0x5C, _outer);
        CryptographicOperations.ZeroMemory(block);
    }

    /// <summary>One MAC a message of the buffer, any number of them.</summary>
    public void Compute(ReadOnlySpan<byte> buffer, ReadOnlySpan<LaneMessage> messages, Span<Id32> macs)
    {
        for (int start = 0; start < messages.Length; start += Sha256Lanes.Count)
        {
            int count = Math.Min(Sha256Lanes.Count, messages.Length - start);
            if (Sha256Lanes.IsSupported && count >= Lanes.Worthwhile) Eight(buffer, messages.Slice(start, count), macs[start..]);
            else OneByOne(buffer, messages.Slice(start, count), macs[start..]);
        }
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_key);
        _inner.AsSpan().Clear();
        _outer.AsSpan().Clear();
    }

    private void Eight(ReadOnlySpan<byte> buffer, ReadOnlySpan<LaneMessage> messages, Span<Id32> macs)
    {
        Span<Id32> inner = stackalloc Id32[Sha256Lanes.Count];
        Span<byte> bytes = stackalloc byte[Sha256Lanes.Count * Id32.Size];
        Span<LaneMessage> second = stackalloc LaneMessage[Sha256Lanes.Count];
        Sha256Lanes.Hash(_inner, BlockSize, buffer, messages, inner);
        for (int i = 0; i < messages.Length; i++)
        {
            inner[i].CopyTo(bytes[(i * Id32.Size)..]);
            second[i] = new(i * Id32.Size, Id32.Size);
        }

        Sha256Lanes.Hash(_outer, BlockSize, bytes, second[..messages.Length], macs);
    }

    private void OneByOne(ReadOnlySpan<byte> buffer, ReadOnlySpan<LaneMessage> messages, Span<Id32> macs)
    {
        Span<byte> mac = stackalloc byte[Id32.Size];
        for (int i = 0; i < messages.Length; i++)
        {
            HMACSHA256.HashData(_key, buffer.Slice(messages[i].Offset, messages[i].Length), mac);
            macs[i] = new(mac);
        }
    }

    private void Prepare(Span<byte> block, byte pad, uint[] state)
    {
        block.Fill(pad);
        for (int i = 0; i < _key.Length; i++) block[i] ^= _key[i];
        Sha256Lanes.Absorb(block, state);
    }
}

/// <summary>Hashes of many messages, eight at a time where that is faster.</summary>
internal static class Lanes
{
    /// <summary>Fewer messages than this are faster one by one.</summary>
    public const int Worthwhile = 4;

    /// <summary>SHA-256 of any number of messages of one buffer.</summary>
    public static void Hash(ReadOnlySpan<byte> buffer, ReadOnlySpan<LaneMessage> messages, Span<Id32> digests)
    {
        for (int start = 0; start < messages.Length; start += Sha256Lanes.Count)
        {
            var some = messages.Slice(start, Math.Min(Sha256Lanes.Count, messages.Length - start));
            if (Sha256Lanes.IsSupported && some.Length >= Worthwhile) Sha256Lanes.Hash(buffer, some, digests[start..]);
            else for (int i = 0; i < some.Length; i++) digests[start + i] = Core.Encoding.Digest.Hash(buffer.Slice(some[i].Offset, some[i].Length));
        }
    }
}
