using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Changes of fields that stay here, noted before the commit that they go with; a sealed row of local.db an entry, as CBOR [1, own log, the last sequence in it, changes].
/// Who is in the middle of one holds a lock, shared; whoever opens the vault and finds that nobody does knows that those who wrote the entries have ended. Then the log says
/// whether the commit came: it is an own one behind that sequence that wrote one of the items (docs/decisions/103).
/// </summary>
internal sealed class FieldJournal : IDisposable
{
    private const int MostChanges = 1 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Vault _vault;
    private readonly byte[] _key;
    private readonly IDisposable _lock;

    private FieldJournal(Vault vault, byte[] key, IDisposable held) => (_vault, _key, _lock) = (vault, key, held);

    /// <summary>Notes changes; durable when it returns.</summary>
    public static FieldJournal Note(Vault vault, IReadOnlyList<LocalChange> changes)
    {
        var held = vault.Disk.Lock(VaultPaths.FieldLock, Patience, shared: true);
        try
        {
            var (log, sequence) = vault.OwnPosition();
            var writer = new CborWriter();
            writer.WriteArray(4);
            writer.WriteUInt(1);
            writer.WriteId(log);
            writer.WriteUInt(sequence);
            writer.WriteArray(changes.Count);
            foreach (var change in changes) change.Write(writer);
            var key = new byte[Id16.Size];
            vault.Random.Fill(key);
            using var transaction = vault.Local.Begin(write: true);
            transaction.Put(LocalTables.FieldJournal, key, vault.LocalSealer.Seal(LocalTables.FieldJournal, key, writer.Written));
            transaction.Commit();
            return new(vault, key, held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Takes the entry away within a transaction; false where somebody else has done so already.</summary>
    public bool Take(ITableTransaction transaction)
    {
        if (!transaction.Contains(LocalTables.FieldJournal, _key)) return false;
        transaction.Delete(LocalTables.FieldJournal, _key);
        return true;
    }

    /// <summary>There is no commit: the changes are none.</summary>
    public void Forget()
    {
        using var transaction = _vault.Local.Begin(write: true);
        if (Take(transaction)) transaction.Commit();
    }

    public void Dispose() => _lock.Dispose();

    /// <summary>Finishes what a process that has ended left; nothing where there is nothing, or somebody may be in the middle of it. The index is level with the log.</summary>
    public static void Finish(Vault vault)
    {
        using (var look = vault.Local.Begin(write: false))
        {
            if (!look.Scan(LocalTables.FieldJournal).Any()) return;
        }

        if (vault.Disk.IsReadOnly || vault.Disk.TryLock(VaultPaths.FieldLock) is not { } held) return;
        using (held)
        {
            // The log is asked first: nothing waits for the index with local.db in hand.
            var entries = new List<(byte[] Key, List<LocalChange> Changes, bool Counts)>();
            using (var look = vault.Local.Begin(write: false))
            {
                foreach (var (key, row) in look.Scan(LocalTables.FieldJournal))
                {
                    if (Decode(vault, key, row) is not { } entry) continue;
                    var items = entry.Changes.Select(c => (c.Collection, c.Key)).ToHashSet();
                    entries.Add((key, entry.Changes, vault.HasWritten(entry.Log, entry.Sequence, (c, k) => items.Contains((c, k)))));
                }
            }

            using var transaction = vault.Local.Begin(write: true);
            foreach (var (key, changes, counts) in entries)
            {
                try
                {
                    if (counts) vault.Fields.Apply(transaction, changes);
                    transaction.Delete(LocalTables.FieldJournal, key);
                }
                catch (SyncException e) when (e.Kind == SyncErrors.LocalStateDamaged || e.Kind == SyncErrors.ValueTooLarge)
                {
                    // A row of the item cannot be read, or has grown since. The vault opens all the same: a repair, which needs that, forgets the row, and then this counts.
                }
            }

            transaction.Commit();
        }
    }

    private static (LogId Log, ulong Sequence, List<LocalChange> Changes)? Decode(Vault vault, byte[] key, byte[] row)
    {
        try
        {
            var reader = new CborReader(vault.LocalSealer.Open(LocalTables.FieldJournal, key, row));
            reader.ReadArrayOf(4);
            if (reader.ReadUInt() != 1) return null; // of a newer version
            var log = reader.ReadId16();
            ulong sequence = reader.ReadUInt();
            var changes = new List<LocalChange>();
            for (int count = reader.ReadArray(MostChanges); count > 0; count--) changes.Add(LocalChange.Read(ref reader));
            reader.Finish();
            return (log, sequence, changes);
        }
        catch (Exception e) when (e is VaultFormatException || (e is SyncException s && s.Kind == SyncErrors.LocalStateDamaged))
        {
            return null; // verify tells of it
        }
    }
}
