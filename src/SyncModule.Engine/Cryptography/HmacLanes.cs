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
        Span<LaneParts> parts = stackalloc LaneParts[Math.Min(messages.Length, LanePlan.AtOnce)];
        Span<int> order = stackalloc int[parts.Length];
        fixed (byte* bytes = buffer)
        {
            for (int start = 0; start < messages.Length; start += LanePlan.AtOnce)
            {
                var some = Lanes.Parts(buffer, bytes, messages.Slice(start, Math.Min(LanePlan.AtOnce, messages.Length - start)), parts);
                var their = macs.Slice(start, some.Length);
                int alone = LanePlan.Make(some, order);
                if (alone == some.Length) Few(some, their);
                else
                {
                    foreach (int i in order[..alone]) their[i] = One(some[i]);
                    Together(some, order[alone..some.Length], their);
                }
            }
        }
    }

    /// <summary>The MACs of the messages with these indices, all through the sixteen lanes, which the processor has to have.</summary>
    /// <param name="messages">At most <see cref="LanePlan.AtOnce"/>, in parts, pinned.</param>
    /// <param name="order">Of which ones, in a good order.</param>
    /// <param name="macs">They go to the same indices.</param>
    internal void Together(ReadOnlySpan<LaneParts> messages, ReadOnlySpan<int> order, Span<Id32> macs)
    {
        Span<Id32> digests = stackalloc Id32[messages.Length];
        Span<LaneParts> second = stackalloc LaneParts[messages.Length];
        Sha256Lanes16.Hash(_inner, BlockSize, messages, order, digests);
        fixed (Id32* first = digests)
        {
            foreach (int i in order) second[i] = new((byte*)(first + i), Id32.Size);
            Sha256Lanes16.Hash(_outer, BlockSize, second, order, macs);
        }
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_key);
        _inner.AsSpan().Clear();
        _outer.AsSpan().Clear();
    }

    private void Few(ReadOnlySpan<LaneParts> messages, Span<Id32> macs)
    {
        for (int start = 0; start < messages.Length; start += Sha256Lanes.Count)
        {
            var some = messages.Slice(start, Math.Min(Sha256Lanes.Count, messages.Length - start));
            if (Lanes.AreEight(some)) Eight(some, macs[start..]);
            else for (int i = 0; i < some.Length; i++) macs[start + i] = One(some[i]);
        }
    }

    private void Eight(ReadOnlySpan<LaneParts> messages, Span<Id32> macs)
    {
        Span<Id32> inner = stackalloc Id32[Sha256Lanes.Count];
        Span<LaneParts> second = stackalloc LaneParts[messages.Length];
        Sha256Lanes.Hash(_inner, BlockSize, messages, inner);
        fixed (Id32* first = inner)
        {
            for (int i = 0; i < second.Length; i++) second[i] = new((byte*)(first + i), Id32.Size);
            Sha256Lanes.Hash(_outer, BlockSize, second, macs);
        }
    }

    private Id32 One(in LaneParts message)
    {
        Span<byte> mac = stackalloc byte[Id32.Size];
        HMACSHA256.HashData(_key, new ReadOnlySpan<byte>(message.Body, message.BodyLength), mac);
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
        Span<LaneParts> parts = stackalloc LaneParts[Math.Min(messages.Length, LanePlan.AtOnce)];
        fixed (byte* bytes = buffer)
        {
            for (int start = 0; start < messages.Length; start += LanePlan.AtOnce)
            {
                var some = messages.Slice(start, Math.Min(LanePlan.AtOnce, messages.Length - start));
                Hash(Parts(buffer, bytes, some, parts), digests.Slice(start, some.Length));
            }
        }
    }

    /// <summary>SHA-256 of messages that stand anywhere, bodies only, pinned.</summary>
    public static void Hash(ReadOnlySpan<LaneParts> messages, Span<Id32> digests)
    {
        Span<int> order = stackalloc int[Math.Min(messages.Length, LanePlan.AtOnce)];
        for (int start = 0; start < messages.Length; start += LanePlan.AtOnce)
        {
            var some = messages.Slice(start, Math.Min(LanePlan.AtOnce, messages.Length - start));
            var their = digests.Slice(start, some.Length);
            int alone = LanePlan.Make(some, order);
            if (alone == some.Length) Few(some, their);
            else
            {
                foreach (int i in order[..alone]) their[i] = One(some[i]);
                Sha256Lanes16.Hash(Sha256Lanes.Initial, 0, some, order[alone..some.Length], their);
            }
        }
    }

    /// <summary>True for messages whose number and lengths suit <see cref="Sha256Lanes"/>.</summary>
    internal static bool AreEight(ReadOnlySpan<LaneParts> messages)
    {
        if (!Sha256Lanes.IsSupported || messages.Length < FewestForEight) return false;
        foreach (var message in messages)
        {
            if (message.Length > ShortMessage) return false;
        }

        return true;
    }

    // The same messages by their addresses, with bounds checked.
    internal static ReadOnlySpan<LaneParts> Parts(ReadOnlySpan<byte> buffer, byte* bytes, ReadOnlySpan<LaneMessage> messages, Span<LaneParts> parts)
    {
        for (int i = 0; i < messages.Length; i++)
        {
            _ = buffer.Slice(messages[i].Offset, messages[i].Length);
            parts[i] = new(bytes + messages[i].Offset, messages[i].Length);
        }

        return parts[..messages.Length];
    }

    private static Id32 One(in LaneParts message) => Digest.Hash(new ReadOnlySpan<byte>(message.Body, message.BodyLength));

    private static void Few(ReadOnlySpan<LaneParts> messages, Span<Id32> digests)
    {
        for (int start = 0; start < messages.Length; start += Sha256Lanes.Count)
        {
            var some = messages.Slice(start, Math.Min(Sha256Lanes.Count, messages.Length - start));
            if (AreEight(some)) Sha256Lanes.Hash(Sha256Lanes.Initial, 0, some, digests[start..]);
            else for (int i = 0; i < some.Length; i++) digests[start + i] = One(some[i]);
        }
    }
}
