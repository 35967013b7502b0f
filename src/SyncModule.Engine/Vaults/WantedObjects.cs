using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// The want-list: every object that a folded operation names, directly or through a manifest, and that is not here
/// (format-1 §6). It is derived, so it cannot be forgotten; it is asked for in every session.
/// </summary>
internal sealed class WantedObjects(RowAccess rows, IndexState state, Func<ObjectReference, byte[]?> openManifest, Action findNewPacks)
{
    /// <summary>An operation of (log, sequence) names this object: it is here with everything below it, or it becomes wanted.</summary>
    public void Check(ObjectReference reference, LogId log, ulong sequence)
    {
        // A stack, not recursion: a member decides how deep its manifests are nested.
        var open = new Stack<ObjectReference>();
        var seen = new HashSet<ObjectAddress>();
        open.Push(reference);
        while (open.TryPop(out var next))
        {
            if (!seen.Add(next.Address)) continue;
            if (!IsHere(next.Address))
            {
                var row = rows.Wanted(next.Address) ?? new WantedRow(next, new SortedDictionary<LogId, ulong>());
                rows.SetWanted(next.Address, row.With(log, sequence));
            }
            else if (next.Kind == ObjectKind.Manifest)
            {
                foreach (var child in Children(next)) open.Push(child);
            }
        }
    }

    /// <summary>An object became durable here. What a wanted manifest names is wanted in its place. True when it had been wanted.</summary>
    public bool Arrived(ObjectAddress address, ObjectLocation location)
    {
        if (!rows.HasObject(address))
        {
            state.Objects++;
            state.ObjectBytes += location.Length;
            rows.SetObject(address, location);
        }

        if (rows.Wanted(address) is not { } wanted) return false;
        rows.RemoveWanted(address);
        if (wanted.Reference.Kind == ObjectKind.Manifest)
        {
            foreach (var child in Children(wanted.Reference))
            {
                foreach (var (log, sequence) in wanted.NeededBy) Check(child, log, sequence);
            }
        }

        return true;
    }

    private bool IsHere(ObjectAddress address)
    {
        if (rows.HasObject(address)) return true;
        findNewPacks();
        return rows.HasObject(address);
    }

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
