using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// The want-list: every object that a folded operation names, directly or through a manifest, and that is not here
/// (format-1 §6). It is derived, so it cannot be forgotten; it is asked for in every session.
/// </summary>
internal sealed class WantedObjects(RowAccess rows, IndexState state, Func<ObjectReference, byte[]?> openManifest, Func<bool> findNewPacks)
{
    /// <summary>An operation of (log, sequence) names this object: it is here with everything below it, or it becomes wanted.</summary>
    public void Check(ObjectReference reference, LogId log, ulong sequence) => Check([reference], new SortedDictionary<LogId, ulong> { [log] = sequence });

    /// <summary>These objects became durable here. What wanted manifests among them name is wanted in their place.</summary>
    public void Arrived(IReadOnlyList<(ObjectAddress Address, ObjectLocation Location)> objects)
    {
        foreach (var (address, location) in objects)
        {
            if (rows.HasObject(address)) continue;
            state.Objects++;
            state.ObjectBytes += location.Length;
            rows.SetObject(address, location);
        }

        foreach (var manifest in rows.TakeWanted(objects)) Check(Children(manifest.Reference), manifest.NeededBy);
    }

    private void Check(IReadOnlyList<ObjectReference> references, IReadOnlyDictionary<LogId, ulong> neededBy)
    {
        // A stack, not recursion: a member decides how deep its manifests are nested.
        var open = new Stack<ObjectReference>(references);
        var seen = new HashSet<ObjectAddress>(references.Count);
        while (open.TryPop(out var next))
        {
            if (!seen.Add(next.Address)) continue;
            if (!IsHere(next.Address))
            {
                rows.Want(next, neededBy);
            }
            else if (next.Kind == ObjectKind.Manifest)
            {
                foreach (var child in Children(next)) open.Push(child);
            }
        }
    }

    private bool IsHere(ObjectAddress address) => rows.HasObject(address) || (findNewPacks() && rows.HasObject(address));

    private IReadOnlyList<ObjectReference> Children(ObjectReference manifest)
    {
        // A manifest that does not open, or is malformed, names nothing: reading the value reports it.
        if (openManifest(manifest) is not { } plain) return [];
        try
        {
            return Manifest.Decode(plain).References;
        }
        catch (Core.Encoding.VaultFormatException)
        {
            return [];
        }
    }
}
