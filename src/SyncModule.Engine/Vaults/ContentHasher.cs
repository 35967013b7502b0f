using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SyncModule.Core.Chunking;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// The content id of plain bytes that come in pieces, for a reader that stores nothing: the same that a writer gives to the value
/// (<see cref="GenesisKeys.ContentOf(in Id32)"/> up to 4 KiB, else <see cref="LongContent"/>). One thread at a time.
/// </summary>
internal sealed class ContentHasher(VaultKeys keys) : IDisposable
{
    /// <summary>Enough chunks at a time for the lanes, and room for one that is not cut yet.</summary>
    private const int BufferSize = 2 << 20;

    private readonly PlainKeyMaker _maker = new(keys.FirstEpoch);
    private readonly LongContent _long = new(keys.Genesis);
    private readonly List<LaneMessage> _chunks = [];
    private byte[] _buffer = new byte[ItemValue.MaxInline + 1];
    private Id32[] _keys = [];
    private int _filled;
    private bool _cut;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_filled == _buffer.Length)
            {
                if (_buffer.Length < BufferSize) Array.Resize(ref _buffer, BufferSize);
                else Cut(final: false);
            }

            int count = Math.Min(bytes.Length, _buffer.Length - _filled);
            bytes[..count].CopyTo(_buffer.AsSpan(_filled));
            bytes = bytes[count..];
            _filled += count;
        }
    }

    /// <summary>The id of everything since the last call.</summary>
    public Id32 Finish()
    {
        bool isShort = !_cut && _filled <= ItemValue.MaxInline;
        if (!isShort) Cut(final: true);
        var content = isShort ? keys.Genesis.ContentOf(Digest.Hash(_buffer.AsSpan(0, _filled))) : _long.Finish();
        (_filled, _cut) = (0, false);
        return content;
    }

    /// <summary>Forgets what was appended.</summary>
    public void Reset()
    {
        if (_cut) _long.Reset();
        (_filled, _cut) = (0, false);
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_buffer);
        _maker.Dispose();
        _long.Dispose();
    }

    // What is not cut yet, less than one chunk, goes to the start.
    private void Cut(bool final)
    {
        _cut = true;
        _chunks.Clear();
        int start = 0;
        while (start < _filled && Chunker.NextCut(_buffer.AsSpan(start, _filled - start), keys.Gear, final) is > 0 and var length)
        {
            _chunks.Add(new(start, length));
            start += length;
        }

        if (_keys.Length < _chunks.Count) _keys = new Id32[_chunks.Count];
        _maker.Of(ObjectKind.Chunk, _buffer, CollectionsMarshal.AsSpan(_chunks), _keys);
        for (int i = 0; i < _chunks.Count; i++) _long.Add(_keys[i], _chunks[i].Length);
        _keys.AsSpan().Clear();
        _buffer.AsSpan(start, _filled - start).CopyTo(_buffer);
        _filled -= start;
    }
}
