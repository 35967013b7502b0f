using System.Security.Cryptography;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Vaults;

/// <summary>What finds an object by its plaintext, and the key under which it was computed, which may be the object's own.</summary>
internal readonly record struct DedupTag(Id32 Tag, PlainKey Key);

/// <summary>
/// Names plaintexts for the dedup map: tag = HMAC(X(IK,"index/dedup"), kind ‖ codec policy ‖ plain key), where the plain key is that of the
/// epoch of genesis, so that a tag outlives rotations (docs/decisions/018). One thread at a time.
/// </summary>
internal sealed class DedupTagger(VaultKeys keys) : IDisposable
{
    private const int CodecPolicy = 1;
    private const int InputSize = 2 + Id32.Size;

    private readonly PlainKeyMaker _maker = new(keys.FirstEpoch);
    private readonly HmacLanes _lanes = new(keys.Index.Dedup.Span);
    private Id32[] _keys = [], _tags = [];
    private LaneMessage[] _messages = [];
    private byte[] _inputs = [];

    public DedupTag Of(ObjectKind kind, ReadOnlySpan<byte> plain)
    {
        var key = _maker.Of(kind, plain);
        Span<byte> input = stackalloc byte[InputSize], tag = stackalloc byte[Id32.Size];
        WriteInput(input, kind, key.Value);
        HMACSHA256.HashData(keys.Index.Dedup.Span, input, tag);
        return new(new Id32(tag), key);
    }

    /// <summary>The tags of many plaintexts of one kind, added to <paramref name="tags"/> in their order.</summary>
    public void Of(ObjectKind kind, ReadOnlySpan<byte> buffer, ReadOnlySpan<LaneMessage> plains, List<DedupTag> tags)
    {
        int count = plains.Length;
        Reserve(count);
        _maker.Of(kind, buffer, plains, _keys);
        for (int i = 0; i < count; i++)
        {
            _messages[i] = new(i * InputSize, InputSize);
            WriteInput(_inputs.AsSpan(i * InputSize, InputSize), kind, _keys[i]);
        }

        _lanes.Compute(_inputs, _messages.AsSpan(0, count), _tags);
        for (int i = 0; i < count; i++) tags.Add(new(_tags[i], new(_keys[i], _maker.Epoch)));
        CryptographicOperations.ZeroMemory(_inputs);
        _keys.AsSpan().Clear();
    }

    public void Dispose()
    {
        _maker.Dispose();
        _lanes.Dispose();
    }

    private static void WriteInput(Span<byte> input, ObjectKind kind, in Id32 key)
    {
        (input[0], input[1]) = ((byte)kind, CodecPolicy);
        key.CopyTo(input[2..]);
    }

    private void Reserve(int count)
    {
        if (_keys.Length >= count) return;
        (_keys, _tags, _messages, _inputs) = (new Id32[count], new Id32[count], new LaneMessage[count], new byte[count * InputSize]);
    }
}
