using System.Buffers.Binary;
using System.Text;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Vaults;

/// <summary>Row keys of many names under one first name: what <see cref="VaultKeys.LocalTag"/> gives for each. One thread at a time.</summary>
internal sealed class LocalTagger(VaultKeys keys, string first)
{
    private const int Batch = 64;

    private readonly byte[] _first = Encoding.UTF8.GetBytes(first);
    private readonly LaneMessage[] _messages = new LaneMessage[Batch];
    private readonly Id32[] _macs = new Id32[Batch];
    private byte[] _input = new byte[Batch * 256];

    public Id16[] Of(IReadOnlyList<string> seconds)
    {
        var tags = new Id16[seconds.Count];
        Span<byte> mac = stackalloc byte[Id32.Size];
        for (int start = 0; start < tags.Length; start += Batch)
        {
            int count = Math.Min(Batch, tags.Length - start), used = 0;
            for (int i = 0; i < count; i++)
            {
                int length = Write(seconds[start + i], used);
                _messages[i] = new(used, length);
                used += length;
            }

            keys.Tags.Compute(_input, _messages.AsSpan(0, count), _macs);
            for (int i = 0; i < count; i++)
            {
                _macs[i].CopyTo(mac);
                tags[start + i] = new(mac[..Id16.Size]);
            }
        }

        return tags;
    }

    // u32 length of the first ‖ first ‖ second
    private int Write(string second, int at)
    {
        int head = sizeof(int) + _first.Length, most = head + Encoding.UTF8.GetMaxByteCount(second.Length);
        if (_input.Length - at < most) Array.Resize(ref _input, (at + most) * 2);
        var input = _input.AsSpan(at);
        BinaryPrimitives.WriteInt32BigEndian(input, _first.Length);
        _first.CopyTo(input[sizeof(int)..]);
        return head + Encoding.UTF8.GetBytes(second, input[head..]);
    }
}
