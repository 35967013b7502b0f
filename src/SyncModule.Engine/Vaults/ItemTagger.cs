using System.Buffers.Binary;
using System.Text;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Vaults;

/// <summary>Row keys of the items of a whole block: what <see cref="VaultKeys.ItemTag"/> gives for each, many at a time. One thread at a time.</summary>
internal sealed class ItemTagger(VaultKeys keys)
{
    private const int Batch = 64;
    private const int MostBytes = sizeof(int) + (2 * Operation.MaxNameBytes);

    private readonly byte[] _input = GC.AllocateUninitializedArray<byte>((Batch * 128) + MostBytes);
    private readonly LaneMessage[] _messages = new LaneMessage[Batch];
    private readonly Id32[] _macs = new Id32[Batch];

    /// <summary>In the shape of the operations; default where there is none.</summary>
    public Id16[] Of(IReadOnlyList<DecodedOperation> operations)
    {
        var tags = new Id16[operations.Count];
        int first = 0, count = 0, used = 0;
        for (int i = 0; i < tags.Length; i++)
        {
            if (count == Batch || _input.Length - used < MostBytes)
            {
                Take(tags, operations, first, count);
                (first, count, used) = (i, 0, 0);
            }

            int start = used;
            if (operations[i].Operation is { } operation)
            {
                int length = Encoding.UTF8.GetBytes(operation.Collection, _input.AsSpan(start + sizeof(int)));
                BinaryPrimitives.WriteInt32BigEndian(_input.AsSpan(start), length);
                used += sizeof(int) + length;
                used += Encoding.UTF8.GetBytes(operation.Key, _input.AsSpan(used));
            }

            _messages[count++] = new(start, used - start);
        }

        Take(tags, operations, first, count);
        return tags;
    }

    private void Take(Id16[] tags, IReadOnlyList<DecodedOperation> operations, int first, int count)
    {
        keys.Tags.Compute(_input, _messages.AsSpan(0, count), _macs);
        Span<byte> mac = stackalloc byte[Id32.Size];
        for (int i = 0; i < count; i++)
        {
            if (operations[first + i].Operation is null) continue;
            _macs[i].CopyTo(mac);
            tags[first + i] = new(mac[..Id16.Size]);
        }
    }
}
