using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Files;

/// <summary>
/// Writes items over a folder (format-1 §15): a file is replaced only when it is its base, as noted or as the history shows. Bases are noted behind the files, once those
/// are on the disk: a base that outlived its file in a power cut would make the torn file look like somebody's edit.
/// </summary>
internal sealed class ExportWriter(Vault vault, FolderHandle root, ExportTarget target, ImportBases bases, ExportOptions options)
{
    private const int MaxWaitingBases = 16_384;
    private const long MaxWaitingBytes = 1L << 30;

    private readonly Id32 _empty = vault.Keys.Genesis.ContentOf(Core.Encoding.Digest.Hash([]));
    private readonly List<(string Key, ImportBase? Base)> _bases = [];
    private long _waitingBytes;
    private bool _wrote;

    public required CancellationToken Cancellation { get; init; }

    public long Files { get; private set; }

    public long NewBytes { get; private set; }

    public long Skipped { get; private set; }

    public long Deleted { get; private set; }

    public List<FileProblem> Problems { get; } = [];

    public List<FileNote> KeptBack { get; } = [];

    /// <summary>A present item: written, or found to be right already. <paramref name="value"/> gives that of its winner.</summary>
    public void Write(ExportItem item, KeyState state, Func<ItemValue?> value, ImportBase? known) => Listed(item, () =>
    {
        var view = View.Of(state);
        if (view is not { Status: ItemStatus.Item, Winner: { } head }) return; // deleted since the plan was made
        if (StructuredItem.IsStructured(state)) throw new ExportRefusal(SyncErrors.FormatUnknown, "it is an object with fields and no file: mirord get writes it as JSON");
        var wanted = FileVersion.Of(head, _empty) ?? throw new ExportRefusal(SyncErrors.FormatUnknown, "the item has a type that this version cannot write as a file");
        if (wanted.Kind == EntryKind.File && !vault.IsHere(head.Value!)) throw new ExportRefusal(SyncErrors.ContentNotHere, "its bytes have not arrived yet");
        var folder = target.FolderOf(item, make: true)!;
        string name = item.Components[^1];
        var facts = folder.TryStat(name);
        var dots = state.Item!.Heads.Where(h => wanted.SameAs(FileVersion.Of(h, _empty))).Select(h => h.Dot).ToList();
        if (facts is { } existing)
        {
            var current = target.VersionOf(folder, name, existing with { Size = existing.Kind == EntryKind.Folder ? 0 : existing.Size }, known);
            if (wanted.SameAs(current))
            {
                Skipped++;
                if (existing.Kind == EntryKind.File && ExportTarget.Changed(folder, name, existing)) return;
                Note(item.Key, known, new(dots, current!, ExportTarget.Stamp(existing)));
                return;
            }

            bool mayReplace = options.Overwrite || (current is not null && IsOurs(item, current, known));
            if (!mayReplace && wanted.Kind == EntryKind.Folder && existing.Kind == EntryKind.Folder)
            {
                Skipped++; // a folder with another mode: nobody's data
                return;
            }

            if (!mayReplace) throw Changed(existing.Kind);
            if (existing.Kind == EntryKind.Folder && wanted.Kind != EntryKind.Folder) RemoveEmpty(folder, name);
            else if (existing.Kind != EntryKind.Folder && wanted.Kind == EntryKind.Folder) folder.RemoveFile(name);
        }

        Replace(item, head, value, wanted, folder, facts, dots);
    });

    /// <summary>A deleted item: its file goes with mirror, where it is the base.</summary>
    public void Remove(ExportItem item, ImportBase? known) => Listed(item, () =>
    {
        if (known is null) return; // never came from here: no business of the vault
        string name = item.Components[^1];
        if (target.FolderOf(item, make: false) is not { } folder || folder.TryStat(name) is not { } facts)
        {
            _bases.Add((item.Key, null));
            return;
        }

        var current = target.VersionOf(folder, name, facts with { Size = facts.Kind == EntryKind.Folder ? 0 : facts.Size }, known);
        bool isBase = known.Version.SameAs(current);
        if (!isBase || !options.Mirror)
        {
            KeptBack.Add(new(item.Path, isBase ? "the item was deleted in the vault; the file is still here" : "the item was deleted in the vault, but the file has local changes"));
            return;
        }

        if (facts.Kind == EntryKind.File && ExportTarget.Changed(folder, name, facts)) throw Changed(facts.Kind);
        if (target.Remove(item, folder, facts.Kind == EntryKind.Folder)) Deleted++;
        _wrote = true;
        _bases.Add((item.Key, null));
    });

    /// <summary>Makes what was written durable, then notes its bases.</summary>
    public void Flush()
    {
        if (_wrote) root.SyncAll();
        _wrote = false;
        bases.Save(_bases);
        _bases.Clear();
        _waitingBytes = 0;
    }

    private void Replace(ExportItem item, Head head, Func<ItemValue?> value, FileVersion wanted, FolderHandle folder, FileFacts? facts, List<Dot> dots)
    {
        string name = item.Components[^1];
        long? modified = head.Metadata?.Number(Metadata.TimeKey);
        bool hasFile = facts is { Kind: not EntryKind.Folder };
        void Confirm()
        {
            if (options.Overwrite) return;
            var now = folder.TryStat(name);
            if (hasFile ? now?.Stamp != facts!.Value.Stamp : now is not null) throw Changed(EntryKind.File);
        }

        _wrote = true;
        FileStamp? stamp;
        switch (wanted.Kind)
        {
            case EntryKind.Link:
                stamp = target.WriteLink(folder, name, wanted.Target!, modified, Confirm);
                break;
            case EntryKind.Folder:
                stamp = target.WriteFolder(folder, name, wanted.Mode, modified);
                break;
            default:
                (var content, stamp) = target.WriteFile(folder, name, Pieces(value()!), wanted.Mode, modified, Confirm);
                wanted = wanted with { Content = content };
                NewBytes += head.Size;
                _waitingBytes += head.Size;
                break;
        }

        Files++;
        if (stamp is { } written) Note(item.Key, null, new(dots, wanted, written));
    }

    // A file that is one of the vault's own versions holds nothing that could be lost.
    private bool IsOurs(ExportItem item, FileVersion current, ImportBase? known) =>
        known?.Version.SameAs(current) == true || KeptVersions.Find(vault, options.Collection, item.Key, current, known, _empty) is not null;

    private void Note(string key, ImportBase? known, ImportBase now)
    {
        if (known is null || known.Stamp != now.Stamp || known.Version != now.Version || !known.Dots.SequenceEqual(now.Dots)) _bases.Add((key, now));
        if (_bases.Count >= MaxWaitingBases || _waitingBytes >= MaxWaitingBytes) Flush();
    }

    private IEnumerable<byte[]> Pieces(ItemValue value)
    {
        foreach (byte[] piece in vault.ReadValue(value))
        {
            Cancellation.ThrowIfCancellationRequested();
            yield return piece;
        }
    }

    private static void RemoveEmpty(FolderHandle folder, string name)
    {
        try
        {
            folder.RemoveFolder(name);
        }
        catch (DiskException)
        {
            throw new ExportRefusal(SyncErrors.LocalChanges, "a folder that is not empty stands there");
        }
    }

    private static ExportRefusal Changed(EntryKind kind) => kind == EntryKind.Link
        ? new(SyncErrors.NameUnsafe, "a symbolic link that was not exported stands there")
        : new(SyncErrors.LocalChanges, "the file has changes that were not imported");

    // What concerns one item is listed; what concerns the disk ends the export.
    private void Listed(ExportItem item, Action action)
    {
        try
        {
            action();
        }
        catch (ExportRefusal e)
        {
            Problems.Add(new(item.Path, e.Kind.Id, e.Message));
        }
        catch (SyncException e) when (e.Kind == SyncErrors.ContentNotHere || e.Kind == SyncErrors.ObjectDamaged)
        {
            Problems.Add(new(item.Path, e.Kind.Id, e.Message));
        }
        catch (DiskException e) when (e.Failure is not (DiskFailure.Full or DiskFailure.ReadOnly))
        {
            Problems.Add(new(item.Path, SyncErrors.FileUnwritable.Id, e.Message));
        }
    }
}
