using SyncModule.Core.Chunking;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Vaults;

/// <summary>Turns a stream into a value: inline up to 4 KiB, else chunks and their manifests (format-1 §4, §5). Memory is bounded by one chunk.</summary>
internal sealed class ValueWriter(VaultContext vault, ObjectSink sink)
{
    // Most values are short: they need none of this.
    private byte[] _buffer = new byte[ItemValue.MaxInline + 1];

    /// <summary>Reads to the end. Gives the value and its content id.</summary>
    public (ItemValue Value, Id32 Content) Write(Stream source)
    {
        LongContent? content = null;
        int filled = 0;
        long total = 0;
        ManifestBuilder? tree = null;
        while (true)
        {
            int read = source.ReadAtLeast(_buffer.AsSpan(filled), _buffer.Length - filled, throwOnEndOfStream: false);
            bool final = filled + read < _buffer.Length;
            filled += read;
            total += read;
            if (tree is null && final && total <= ItemValue.MaxInline) return Write(_buffer.AsSpan(0, filled));
            if (tree is null)
            {
                content = new LongContent(vault.Keys.Genesis);
                tree = new ManifestBuilder(plain => sink.Store(ObjectKind.Manifest, plain));
                if (!final)
                {
                    Array.Resize(ref _buffer, 2 * Chunker.MaxSize);
                    continue;
                }
            }

            int used = 0;
            while (used < filled)
            {
                int cut = Chunker.NextCut(_buffer.AsSpan(used, filled - used), vault.Keys.Gear, final);
                if (cut == 0) break;
                tree.Add(sink.Store(ObjectKind.Chunk, _buffer.AsSpan(used, cut), out var key));
                content!.Add(key.Value, cut);
                used += cut;
            }

            _buffer.AsSpan(used, filled - used).CopyTo(_buffer);
            filled -= used;
            if (final) return (ItemValue.FromReference(tree.Finish(total), total), content!.Finish());
        }
    }

    /// <summary>The same for bytes at hand.</summary>
    public (ItemValue Value, Id32 Content) Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > ItemValue.MaxInline) return Write(new MemoryStream(bytes.ToArray(), writable: false));
        return (ItemValue.FromBytes(bytes.ToArray()), vault.Keys.Genesis.ContentOf(Core.Encoding.Digest.Hash(bytes)));
    }
}
