using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage.Tables;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Files;

/// <summary>
/// What a file was when it was last brought in or written out: the operations that hold this version, the version, and the file's
/// stamp. A file that still is its base carries no news (format-1 §15).
/// </summary>
internal sealed record ImportBase(IReadOnlyList<Dot> Dots, FileVersion Version, FileStamp Stamp)
{
    private const int Format = 1;
    private const int MaxTargetBytes = 8192;

    public void Write(CborWriter writer)
    {
        writer.WriteArray(10);
        writer.WriteUInt(Format);
        writer.WriteArray(Dots.Count);
        foreach (var dot in Dots) dot.Write(writer);
        writer.WriteUInt((ulong)Version.Kind);
        writer.WriteId(Version.Content);
        if (Version.Mode is { } mode) writer.WriteUInt((ulong)mode);
        else writer.WriteNull();
        if (Version.Target is { } target) writer.WriteText(target);
        else writer.WriteNull();
        writer.WriteUInt((ulong)Stamp.Size);
        writer.WriteInt(Stamp.Modified);
        writer.WriteInt(Stamp.Changed);
        writer.WriteUInt(Stamp.Inode);
    }

    public static ImportBase Decode(ReadOnlySpan<byte> row)
    {
        var reader = new CborReader(row);
        reader.ReadArrayOf(10);
        if (reader.ReadUInt() != Format) throw new VaultFormatException("An import base has an unknown format.");
        var dots = new Dot[reader.ReadArray(Operation.MaxReplaces)];
        for (int i = 0; i < dots.Length; i++) dots[i] = Dot.Read(ref reader);
        var kind = (EntryKind)reader.ReadUInt((ulong)EntryKind.Folder);
        var content = reader.ReadId32();
        int? mode = reader.TryReadNull() ? null : (int)reader.ReadUInt(FileFacts.ModeMask);
        string? target = reader.TryReadNull() ? null : reader.ReadText(MaxTargetBytes);
        var stamp = new FileStamp((long)reader.ReadUInt(long.MaxValue), reader.ReadInt(), reader.ReadInt(), reader.ReadUInt(ulong.MaxValue));
        reader.Finish();
        return new(dots, new(kind, mode, target, content), stamp);
    }
}

/// <summary>
/// The bases of one folder in local.db. A row belongs to (folder, collection, key): the same folder imported below another prefix has
/// other items, so other bases. One file has one base by whatever way it comes: the folder ~/notes below the prefix notes is ~ without
/// a prefix, as far as bases go.
/// </summary>
internal sealed class ImportBases(Vault vault, string canonicalFolder, string collection, string prefix)
{
    private readonly string _home = Home(canonicalFolder, prefix);
    private bool? _none; // as the import began: what it saves itself is not asked for

    /// <summary>Bases of many keys in one transaction.</summary>
    public ImportBase?[] Find(IReadOnlyList<string> keys)
    {
        var found = new ImportBase?[keys.Count];
        using var transaction = vault.Local.Begin(write: false);
        if (_none ??= !transaction.Scan(LocalTables.ImportBase).Any()) return found; // nothing was ever imported here
        var tags = Tags(keys);
        Span<byte> tag = stackalloc byte[Id16.Size];
        for (int i = 0; i < found.Length; i++)
        {
            tags[i].CopyTo(tag);
            if (transaction.Get(LocalTables.ImportBase, tag) is { } row) found[i] = Open(tag, row);
        }

        return found;
    }

    /// <summary>Writes many rows in one transaction, because each is synced, and in the order of the table; null removes the row.</summary>
    public void Save(IReadOnlyList<(string Key, ImportBase? Base)> rows)
    {
        if (rows.Count == 0) return;
        var tags = Tags([.. rows.Select(r => r.Key)]);
        using var transaction = vault.Local.Begin(write: true);
        var batch = new RowBatch(vault.LocalSealer, LocalTables.ImportBase);
        Span<byte> tag = stackalloc byte[Id16.Size];
        foreach (int i in TagOrder.Of<Id16>(tags, static tag => tag))
        {
            tags[i].CopyTo(tag);
            if (rows[i].Base is not { } value)
            {
                transaction.Delete(LocalTables.ImportBase, tag);
                continue;
            }

            if (batch.IsFull) batch.Seal(Put);
            value.Write(batch.Begin(tag));
        }

        batch.Seal(Put);
        transaction.Commit();

        void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> row) => transaction.PutInOrder(LocalTables.ImportBase, key, row);
    }

    // Without its base a file is compared with the vault's versions instead: safe, and no reason to stop.
    private ImportBase? Open(ReadOnlySpan<byte> tag, byte[] row)
    {
        try
        {
            return ImportBase.Decode(vault.LocalSealer.Open(LocalTables.ImportBase, tag, row));
        }
        catch (Exception e) when (e is VaultFormatException || (e is SyncException s && s.Kind == SyncErrors.LocalStateDamaged))
        {
            return null;
        }
    }

    // No name holds a NUL, so the two cannot run together.
    private Id16[] Tags(IReadOnlyList<string> keys) => new LocalTagger(vault.Keys, _home).Of([.. keys.Select(key => collection + "\0" + key)]);

    // The folder without the names that its end and the prefix's have in common.
    private static string Home(string folder, string prefix)
    {
        while (prefix.Length > 0)
        {
            int slash = prefix.LastIndexOf('/');
            if (Path.GetDirectoryName(folder) is not { } parent || !string.Equals(Path.GetFileName(folder).Normalize(), prefix[(slash + 1)..], StringComparison.Ordinal)) break;
            folder = parent;
            prefix = slash < 0 ? "" : prefix[..slash];
        }

        return folder;
    }
}
