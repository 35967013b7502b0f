using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Files;

/// <summary>An item to be written, or to be looked at because it is deleted. <paramref name="Components"/> is its path below the folder.</summary>
internal readonly record struct ExportItem(string Key, string Path, string[] Components);

/// <summary>Decides which items of a collection become files, before anything is written: names, collisions and totals.</summary>
internal sealed class ExportPlan(Vault vault, string collection, string prefix, ExportNames names, Func<string, bool>? only = null)
{
    private const int Part = 512;

    public List<ExportItem> Present { get; } = [];

    public List<ExportItem> Deleted { get; } = [];

    public List<FileProblem> Problems { get; } = [];

    public long Bytes { get; private set; }

    public void Make(CancellationToken cancellation)
    {
        string start = prefix.Length == 0 ? "" : prefix + "/";
        foreach (var keys in vault.KeysOf(collection, start).Where(k => k.Length > start.Length && (only is null || only(k))).Chunk(Part))
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var state in vault.FindAll(collection, keys))
            {
                if (state is not null) Add(state, state.Key[start.Length..]);
            }
        }
    }

    /// <summary>
    /// The states behind some items, each with what gives the value of its file, read again when they are needed: values of a whole vault need
    /// not fit into memory, and nobody needs those of files that are right already.
    /// </summary>
    public IEnumerable<(ExportItem Item, KeyState State, Func<ItemValue?> Value)> Read(IReadOnlyList<ExportItem> items)
    {
        foreach (var part in items.Chunk(Part))
        {
            var states = vault.FindAll(collection, [.. part.Select(i => i.Key)]);
            IReadOnlyList<ItemValue?>? values = null;
            ItemValue? ValueOf(int i) => (values ??= vault.Attached([.. states.Select(s => s is null ? null : View.Of(s).Winner?.Value)]))[i];
            for (int i = 0; i < part.Length; i++)
            {
                int at = i;
                if (states[i] is { } state) yield return (part[i], state, () => ValueOf(at));
            }
        }
    }

    private void Add(KeyState state, string path)
    {
        var view = View.Of(state);
        string? problem = SafeName.Check(path, out string[] components);
        var item = new ExportItem(state.Key, path, components);
        if (view.Status == ItemStatus.Deleted)
        {
            if (problem is null) Deleted.Add(item); // else it was never written
            return;
        }

        if (view.Status == ItemStatus.Conflict)
        {
            Problems.Add(new(path, SyncErrors.ConflictWaits.Id, "its versions wait for a person: decide which one stands"));
            return;
        }

        bool isFolder = FileVersion.IsFolder(view.Winner!);
        problem ??= names.Take(state.Key, components, isFolder);
        if (problem is not null)
        {
            Problems.Add(new(path, SyncErrors.NameUnsafe.Id, problem));
            return;
        }

        Present.Add(item);
        Bytes += view.Winner!.Size;
    }
}
