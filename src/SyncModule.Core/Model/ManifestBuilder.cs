namespace SyncModule.Core.Model;

/// <summary>
/// Builds the tree of manifests over a stream of chunks. Equal chunks give an equal tree; at most 255 references wait per level,
/// whatever the length of the content.
/// </summary>
/// <param name="seal">Stores the plaintext of a manifest as an object and returns its reference (kind 2, length of the plaintext).</param>
public sealed class ManifestBuilder(Func<byte[], ObjectReference> seal)
{
    // What waits for its manifest, by level, with the content's bytes below. All but the highest level have been sealed before.
    private readonly List<(List<ObjectReference> References, long Total)> _levels = [];
    private bool _finished;

    /// <summary>References held at this moment.</summary>
    internal int Pending => _levels.Sum(level => level.References.Count);

    /// <summary>Bytes of all chunks that were added so far.</summary>
    public long TotalLength { get; private set; }

    /// <summary>Adds the next chunk of the content (kind 1, at least one byte).</summary>
    public void Add(in ObjectReference chunk)
    {
        if (_finished) throw new InvalidOperationException("The tree is finished.");
        if (chunk.Kind != ObjectKind.Chunk) throw new ArgumentException("Only chunks can be added.", nameof(chunk));
        if (chunk.Length <= 0 || chunk.Length > Manifest.MaxTotalLength - TotalLength) throw new ArgumentException("The chunk's length is out of range.", nameof(chunk));
        TotalLength += chunk.Length;
        Append(0, chunk, chunk.Length);
    }

    /// <summary>
    /// Seals what waits and returns the root: of one chunk the chunk itself, otherwise the highest manifest. No chunk at all gives an
    /// empty manifest of level 0. <paramref name="totalLength"/> is what was read; if the chunks do not add up to it, nothing more is
    /// sealed and it is an <see cref="ArgumentException"/>.
    /// </summary>
    public ObjectReference Finish(long totalLength)
    {
        if (_finished) throw new InvalidOperationException("The tree is finished.");
        if (totalLength != TotalLength) throw new ArgumentException("The chunks do not add up to the total length.", nameof(totalLength));
        _finished = true;
        if (_levels.Count == 0) return Seal(new Manifest(0, 0, []));

        // Upwards: a level that is not the highest has its rest sealed into the next; the highest may grow one more by that.
        for (int level = 0; ; level++)
        {
            var (references, _) = _levels[level];
            bool highest = level == _levels.Count - 1;
            if (highest && references.Count == 1) return references[0];
            if (references.Count > 0) SealLevel(level);
        }
    }

    private void Append(int level, in ObjectReference reference, long total)
    {
        if (level == _levels.Count) _levels.Add(([], 0));
        var (references, sum) = _levels[level];
        references.Add(reference);
        _levels[level] = (references, sum + total);
        if (references.Count == Manifest.MaxReferences) SealLevel(level);
    }

    private void SealLevel(int level)
    {
        var (references, total) = _levels[level];
        var sealedReference = Seal(new Manifest(level, total, references));
        references.Clear();
        _levels[level] = (references, 0);
        Append(level + 1, sealedReference, total);
    }

    // A reference that a reader would refuse must not be written into the level above.
    private ObjectReference Seal(Manifest manifest)
    {
        byte[] plaintext = manifest.Encode();
        var reference = seal(plaintext);
        if (reference.Kind != ObjectKind.Manifest || reference.Length != plaintext.Length) throw new InvalidOperationException("The reference is not that of the manifest.");
        return reference;
    }
}
