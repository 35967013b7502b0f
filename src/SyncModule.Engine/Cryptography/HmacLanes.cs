using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Cryptography;

/// <summary>
/// HMAC-SHA-256 (RFC 2104) of many messages under one key. The two blocks that depend on the key alone are hashed once; then messages go
/// sixteen or eight at a time where the processor can and where that is faster (<see cref="LanePlan"/>). Safe for many threads until it is disposed.
/// </summary>
internal sealed unsafe class HmacLanes : IDisposable
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
        Span<int> order = stackalloc int[Math.Min(messages.Length, LanePlan.AtOnce)];
        Span<LaneParts> parts = stackalloc LaneParts[order.Length];
        for (int start = 0; start < messages.Length; start += LanePlan.AtOnce)
        {
            var some = messages.Slice(start, Math.Min(LanePlan.AtOnce, messages.Length - start));
            var their = macs.Slice(start, some.Length);
            int alone = LanePlan.Make(some, order);
            if (alone == some.Length) Few(buffer, some, their);
            else
            {
                for (int i = 0; i < alone; i++) their[order[i]] = One(buffer.Slice(some[order[i]].Offset, some[order[i]].Length));
                fixed (byte* bytes = buffer) Together(Lanes.Parts(buffer, bytes, some, order[alone..some.Length], parts), order[alone..some.Length], their);
            }
        }
    }

    /// <summary>
    /// The MACs of messages in parts, all through the sixteen lanes, which the processor has to have. That of message i goes to
    /// <c>macs[places[i]]</c>.
    /// </summary>
    internal void Together(ReadOnlySpan<LaneParts> messages, ReadOnlySpan<int> places, Span<Id32> macs)
    {
        Span<Id32> digests = stackalloc Id32[messages.Length];
        Span<LaneParts> second = stackalloc LaneParts[messages.Length];
        Sha256Lanes16.Hash(_inner, BlockSize, messages, digests);
        fixed (Id32* first = digests)
        {
            for (int i = 0; i < second.Length; i++) second[i] = new((byte*)(first + i), Id32.Size);
            Sha256Lanes16.Hash(_outer, BlockSize, second, digests); // each is read, to its end, before it is replaced
        }

        for (int i = 0; i < digests.Length; i++) macs[places[i]] = digests[i];
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_key);
        _inner.AsSpan().Clear();
        _outer.AsSpan().Clear();
    }

    private void Few(ReadOnlySpan<byte> buffer, ReadOnlySpan<LaneMessage> messages, Span<Id32> macs)
    {
        for (int start = 0; start < messages.Length; start += Sha256Lanes.Count)
        {
            var some = messages.Slice(start, Math.Min(Sha256Lanes.Count, messages.Length - start));
            if (Lanes.AreEight(some)) Eight(buffer, some, macs[start..]);
            else for (int i = 0; i < some.Length; i++) macs[start + i] = One(buffer.Slice(some[i].Offset, some[i].Length));
        }
    }

    private void Eight(ReadOnlySpan<byte> buffer, ReadOnlySpan<LaneMessage> messages, Span<Id32> macs)
    {
        Span<Id32> inner = stackalloc Id32[Sha256Lanes.Count];
        Span<LaneMessage> second = stackalloc LaneMessage[Sha256Lanes.Count];
        Sha256Lanes.Hash(_inner, BlockSize, buffer, messages, inner);
        for (int i = 0; i < messages.Length; i++) second[i] = new(i * Id32.Size, Id32.Size);
        Sha256Lanes.Hash(_outer, BlockSize, MemoryMarshal.AsBytes(inner), second[..messages.Length], macs);
    }

    private Id32 One(ReadOnlySpan<byte> message)
    {
        Span<byte> mac = stackalloc byte[Id32.Size];
        HMACSHA256.HashData(_key, message, mac);
        return new(mac);
    }

    private void Prepare(Span<byte> block, byte pad, uint[] state)
    {
        block.Fill(pad);
        for (int i = 0; i < _key.Length; i++) block[i] ^= _key[i];
        Sha256Lanes.Absorb(block, state);
    }
}

/// <summary>Hashes of many messages, sixteen or eight at a time where that is faster.</summary>
internal static unsafe class Lanes
{
    // Eight lanes are as fast as the library per byte, if they are equally long; what they save is its call.
    private const int ShortMessage = 4096, FewestForEight = 4;

    /// <summary>SHA-256 of any number of messages of one buffer.</summary>
    public static void Hash(ReadOnlySpan<byte> buffer, ReadOnlySpan<LaneMessage> messages, Span<Id32> digests)
    {
        Span<int> order = stackalloc int[Math.Min(messages.Length, LanePlan.AtOnce)];
        Span<LaneParts> parts = stackalloc LaneParts[order.Length];
        Span<Id32> together = stackalloc Id32[order.Length];
        for (int start = 0; start < messages.Length; start += LanePlan.AtOnce)
        {
            var some = messages.Slice(start, Math.Min(LanePlan.AtOnce, messages.Length - start));
            var their = digests.Slice(start, some.Length);
            int alone = LanePlan.Make(some, order);
            if (alone == some.Length) Few(buffer, some, their);
            else
            {
                for (int i = 0; i < alone; i++) their[order[i]] = Digest.Hash(buffer.Slice(some[order[i]].Offset, some[order[i]].Length));
                fixed (byte* bytes = buffer) Sha256Lanes16.Hash(Sha256Lanes.Initial, 0, Parts(buffer, bytes, some, order[alone..some.Length], parts), together);
                for (int i = alone; i < some.Length; i++) their[order[i]] = together[i - alone];
            }
        }
    }

    /// <summary>True for messages whose number and lengths suit <see cref="Sha256Lanes"/>.</summary>
    internal static bool AreEight(ReadOnlySpan<LaneMessage> messages)
    {
        if (!Sha256Lanes.IsSupported || messages.Length < FewestForEight) return false;
        foreach (var message in messages)
        {
            if (message.Length > ShortMessage) return false;
        }

        return true;
    }

    // In their order, with bounds checked.
    internal static ReadOnlySpan<LaneParts> Parts(ReadOnlySpan<byte> buffer, byte* bytes, ReadOnlySpan<LaneMessage> messages, ReadOnlySpan<int> order, Span<LaneParts> parts)
    {
        for (int i = 0; i < order.Length; i++)
        {
            var message = messages[order[i]];
            _ = buffer.Slice(message.Offset, message.Length);
            parts[i] = new(bytes + message.Offset, message.Length);
        }

        return parts[..order.Length];
    }

    private static void Few(ReadOnlySpan<byte> buffer, ReadOnlySpan<LaneMessage> messages, Span<Id32> digests)
    {
        for (int start = 0; start < messages.Length; start += Sha256Lanes.Count)
        {
            var some = messages.Slice(start, Math.Min(Sha256Lanes.Count, messages.Length - start));
            if (AreEight(some)) Sha256Lanes.Hash(buffer, some, digests[start..]);
            else for (int i = 0; i < some.Length; i++) digests[start + i] = Digest.Hash(buffer.Slice(some[i].Offset, some[i].Length));
        }
    }
}
