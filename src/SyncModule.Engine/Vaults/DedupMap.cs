using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Finds objects that this device sealed before by their plaintext (format-1 §5). Rows are written for objects that are durable, and
/// used only while the object is present: the map may outlive an object.
/// </summary>
internal sealed class DedupMap(IIndexAccess index)
{
    public ObjectReference? Find(Id32 tag) => Find([tag])[0];

    /// <summary>Many at once: one transaction and one lock for a batch.</summary>
    public ObjectReference?[] Find(IReadOnlyList<Id32> tags)
    {
        var found = new ObjectReference?[tags.Count];
        if (tags.Count == 0) return found;
        return index.Look(rows =>
        {
            Span<byte> key = stackalloc byte[Id32.Size];
            for (int i = 0; i < found.Length; i++)
            {
                tags[i].CopyTo(key);
                found[i] = rows.Dedup(key) is { } reference && (Plants.DedupUnchecked || rows.HasObject(reference.Address)) ? reference : null;
            }

            return found;
        });
    }

    public static void Remember(RowAccess rows, Id32 tag, ObjectReference reference)
    {
        Span<byte> key = stackalloc byte[Id32.Size];
        tag.CopyTo(key);
        rows.SetDedup(key, reference);
    }
}
