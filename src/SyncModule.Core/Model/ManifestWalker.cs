using SyncModule.Core.Encoding;

namespace SyncModule.Core.Model;

/// <summary>Reads a tree of manifests back, left to right, holding one manifest per level.</summary>
public static class ManifestWalker
{
    /// <summary>
    /// The chunks below <paramref name="root"/> in the content's order, lazily. Every manifest is checked against the one above:
    /// level, and the sum of the children's totals. A tree that lies is a <see cref="VaultFormatException"/>, at the latest before the
    /// enumeration ends; the lengths of the chunks that were given never exceed <paramref name="totalLength"/>.
    /// </summary>
    /// <param name="root">A chunk, or the highest manifest.</param>
    /// <param name="totalLength">Length of the content in bytes, as the operation states it.</param>
    /// <param name="open">Gives the plaintext of a manifest's object.</param>
    public static IEnumerable<ObjectReference> Chunks(ObjectReference root, long totalLength, Func<ObjectReference, byte[]> open)
    {
        if (root.Kind == ObjectKind.Chunk)
        {
            if (root.Length != totalLength) throw Lies();
            yield return root;
            yield break;
        }

        if (root.Kind != ObjectKind.Manifest) throw new VaultFormatException("Content is a chunk or a manifest.");
        var path = new Stack<Node>();
        path.Push(new Node(Open(root), 0, 0));
        if (path.Peek().Manifest.TotalLength != totalLength) throw Lies();
        while (path.TryPop(out var node))
        {
            var (manifest, next, seen) = node;
            if (next == manifest.References.Count)
            {
                // Level 0 was checked while decoding; above it, every child must have been counted.
                if (manifest.Level > 0 && seen != manifest.TotalLength) throw Lies();
                continue;
            }

            var reference = manifest.References[next];
            if (manifest.Level == 0)
            {
                path.Push(new Node(manifest, next + 1, seen));
                yield return reference;
                continue;
            }

            var child = Open(reference);
            if (child.Level != manifest.Level - 1 || child.TotalLength == 0 || child.TotalLength > manifest.TotalLength - seen) throw Lies();
            path.Push(new Node(manifest, next + 1, seen + child.TotalLength));
            path.Push(new Node(child, 0, 0));
        }

        Manifest Open(ObjectReference reference) => Manifest.Decode(open(reference));
    }

    private static VaultFormatException Lies() => new("The manifests of a content do not fit together.");

    private readonly record struct Node(Manifest Manifest, int Next, long Seen);
}
