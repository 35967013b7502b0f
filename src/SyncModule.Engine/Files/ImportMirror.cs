using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Files;

/// <summary>
/// Deletes the items whose files are gone since the last import or export (format-1 §15): only what has a base, replacing only the
/// base, and only where the base is all there is; anything else somebody has changed, and it is kept.
/// </summary>
internal sealed class ImportMirror(Vault vault, ImportBases bases, string collection, string prefix)
{
    private const int Part = 1000;

    public long Deleted { get; private set; }

    public List<FileNote> KeptBack { get; } = [];

    public void Run(FolderScan scan, CancellationToken cancellation)
    {
        string start = prefix.Length == 0 ? "" : prefix + "/";
        foreach (var keys in vault.KeysOf(collection, start).Where(k => !scan.MayExist(k)).Chunk(Part))
        {
            cancellation.ThrowIfCancellationRequested();
            var known = bases.Find(keys);
            var gone = keys.Zip(known).Where(p => p.Second is not null).Select(p => (Key: p.First, Base: p.Second!)).ToList();
            if (gone.Count == 0) continue;
            var kept = new HashSet<string>(StringComparer.Ordinal);
            var intents = gone.Select(g => new ItemIntent(collection, g.Key, state => Delete(g.Key, state, g.Base.Dots, kept)) { Overwrites = true }).ToList();
            var result = vault.Commit([new(intents, [])])[0];
            Deleted += result.Dots.Count(d => d is not null);
            KeptBack.AddRange(kept.Select(k => new FileNote(k[start.Length..], "the file is gone, but the item was changed since; it was not deleted")));
            bases.Save([.. gone.Where(g => !kept.Contains(g.Key)).Select(g => (g.Key, (ImportBase?)null))]);
        }
    }

    private static Operation? Delete(string key, KeyState? state, IReadOnlyList<Dot> dots, HashSet<string> kept)
    {
        kept.Remove(key);
        if (state is null || state.IsOnlyDeleted) return null;
        if (state.Cells.All(c => c.Heads.All(h => dots.Contains(h.Dot)))) return Writes.Delete(state, dots);
        kept.Add(key);
        return null;
    }
}
