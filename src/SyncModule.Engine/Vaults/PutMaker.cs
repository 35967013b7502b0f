using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Buffers;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Vaults;

/// <summary>One of many values that are stored together; the bytes are not changed until it is.</summary>
public sealed record PutValue(string Key, ReadOnlyMemory<byte> Bytes, Metadata? Metadata = null)
{
    /// <summary>Makes the metadata from the item as it is under the append lock, perhaps more than once; <see cref="Metadata"/> does not count then.</summary>
    public Func<KeyState?, Metadata?>? MetadataOf { get; init; }

    /// <summary>See <see cref="ItemIntent.Overwrites"/>.</summary>
    public bool Overwrite { get; init; }
}

/// <summary>
/// Turns many values into intents, before any lock: short ones stand in their operations and are hashed as many at a time as the processor
/// has lanes, longer ones become objects in <paramref name="sink"/>. One caller at a time.
/// </summary>
internal sealed class PutMaker(VaultContext vault, ObjectSink sink)
{
    private const int AtOnce = 64;
    private const int BytesAtOnce = AtOnce * 1024;

    /// <summary>Values that take longer to hash than another thread takes to begin.</summary>
    private const int WorthAThread = 512;

    // No larger than the values need: a single one is usual.
    private byte[] _bytes = [];
    private LaneMessage[] _messages = [];
    private Id32[] _hashes = [], _contents = [];
    private int[] _places = [];

    public ItemIntent[] Make(string collection, IReadOnlyList<PutValue> values)
    {
        var intents = new ItemIntent[values.Count];
        int half = values.Count / 2;
        if (!vault.MayUseThreads || values.Count < WorthAThread || values.Any(v => v.Bytes.Length > ItemValue.MaxInline)) half = values.Count;

        // Short values need no sink, so two threads can hash them.
        var rest = half == values.Count ? null : new PooledStep<int>(() => new PutMaker(vault, sink).Make(collection, values, intents, half, values.Count));
        Make(collection, values, intents, 0, half);
        rest?.Finish();
        return intents;
    }

    private int Make(string collection, IReadOnlyList<PutValue> values, ItemIntent[] intents, int start, int end)
    {
        var writer = new ValueWriter(vault, sink);
        MakeRoom(values, start, end);
        int count = 0, used = 0;
        for (int i = start; i < end; i++)
        {
            var bytes = values[i].Bytes.Span;
            if (bytes.Length > ItemValue.MaxInline)
            {
                var (value, content) = writer.Write(bytes);
                intents[i] = Intent(collection, values[i], value, content);
                continue;
            }

            if (count == _messages.Length || used + bytes.Length > _bytes.Length)
            {
                Finish(collection, values, intents, count);
                (count, used) = (0, 0);
            }

            bytes.CopyTo(_bytes.AsSpan(used));
            _messages[count] = new(used, bytes.Length);
            _places[count++] = i;
            used += bytes.Length;
        }

        Finish(collection, values, intents, count);
        Array.Clear(_bytes);
        return end - start;
    }

    private void MakeRoom(IReadOnlyList<PutValue> values, int start, int end)
    {
        int count = Math.Min(end - start, AtOnce), bytes = 0;
        for (int i = start; i < end && bytes < BytesAtOnce; i++) bytes += Math.Min(values[i].Bytes.Length, ItemValue.MaxInline);
        _bytes = new byte[Math.Min(bytes, BytesAtOnce)];
        _messages = new LaneMessage[count];
        (_hashes, _contents, _places) = (new Id32[count], new Id32[count], new int[count]);
    }

    private void Finish(string collection, IReadOnlyList<PutValue> values, ItemIntent[] intents, int count)
    {
        if (count == 0) return;
        Lanes.Hash(_bytes, _messages.AsSpan(0, count), _hashes);
        vault.Keys.Genesis.ContentsOf(_hashes.AsSpan(0, count), _contents);
        for (int i = 0; i < count; i++)
        {
            var value = values[_places[i]];
            intents[_places[i]] = Intent(collection, value, ItemValue.FromBytes(value.Bytes), _contents[i]);
        }
    }

    private static ItemIntent Intent(string collection, PutValue put, ItemValue value, Id32 content)
    {
        string key = ItemName.Check(put.Key);
        return new(collection, key, state => Writes.Put(state, collection, key, value, metadata: put.MetadataOf is { } metadataOf ? metadataOf(state) : put.Metadata, content: content)) { Overwrites = put.Overwrite };
    }
}
