using System.Buffers.Binary;
using System.Text;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Tells whether a folder is still the one that its logs were started in (format-1 §2): by the cookie (machine id + inode) that
/// local.db remembers, and by the highest own (log, sequence) kept outside the folder.
/// </summary>
internal static class VaultInstance
{
    private static readonly byte[] CookieKey = "cookie"u8.ToArray();

    public static string Cookie(IVaultStores stores) => stores.Disk.InstanceCookie(VaultPaths.Instance);

    /// <summary>
    /// Starts new logs when the folder was copied, restored or moved. Then also what other machines told this folder is dropped:
    /// acknowledgements, cursors and import bases described another history.
    /// </summary>
    public static void Check(IVaultStores stores, ILocalStore local, OwnLogs logs)
    {
        byte[] cookie = Encoding.UTF8.GetBytes(Cookie(stores));
        byte[]? stored;
        using (var transaction = local.Begin(write: false)) stored = transaction.Get(LocalTables.Meta, CookieKey);
        if (stored is not null && (Plants.CloneUnnoticed || stored.AsSpan().SequenceEqual(cookie)) && logs.Exist) return;
        logs.StartNew();
        using var write = local.Begin(write: true);
        write.Put(LocalTables.Meta, CookieKey, cookie);
        if (stored is not null)
        {
            write.Clear(LocalTables.Acknowledged);
            write.Clear(LocalTables.Signed);
            write.Clear(LocalTables.Told);
            write.Clear(LocalTables.Session);
            write.Clear(LocalTables.ImportBase);
        }

        write.Commit();
    }

    /// <summary>
    /// Starts new logs when this device is known to have written more than the folder holds: by the file outside the folder, or by what
    /// a peer has acknowledged. A backup was put back in place, or the log was cut.
    /// </summary>
    /// <param name="sealer">Of the rows of local.db.</param>
    /// <param name="held">Reads the log to its end and gives what it holds.</param>
    /// <remarks>What is gone is noted, so that a log that was cut at the boundary of a group is no silent loss: verify tells it until a peer has brought it back.</remarks>
    public static void CheckHighest(IVaultStores stores, VaultKeys keys, ILocalStore local, RowSealer sealer, OwnLogs logs, Func<VersionVector> held)
    {
        ulong written = Math.Max(Witnessed(stores, keys, logs.Data), Plants.AcknowledgedForgotten ? 0 : Acknowledged(local, sealer, logs.Data));
        // The log is read after what is told of it: another process may write both while this one opens.
        if (written == 0 || written <= held().Sequence(logs.Data)) return;
        var row = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(row, written);
        byte[] key = logs.Data.ToArray();
        row = sealer.Seal(LocalTables.HighestHead, key, row);
        using (var transaction = local.Begin(write: true))
        {
            transaction.Put(LocalTables.HighestHead, key, row);
            transaction.Commit();
        }

        logs.StartNew();
    }

    // Its absence proves nothing, and neither does garbage.
    private static ulong Witnessed(IVaultStores stores, VaultKeys keys, LogId own)
    {
        if (stores.ReadWitness(WitnessName(keys)) is not { } bytes) return 0;
        try
        {
            var reader = new CborReader(bytes);
            reader.ReadArrayOf(2);
            return reader.ReadId16() == own ? reader.ReadUInt() : 0;
        }
        catch (VaultFormatException)
        {
            return 0;
        }
    }

    private static ulong Acknowledged(ILocalStore local, RowSealer sealer, LogId own)
    {
        using var transaction = local.Begin(write: false);
        return transaction.Scan(LocalTables.Acknowledged).Select(r => LocalTables.Acknowledgement(sealer, r.Key, r.Value)?.Sequence(own) ?? 0).DefaultIfEmpty().Max();
    }

    public static void WriteWitness(IVaultStores stores, VaultKeys keys, OwnLogs logs, VersionVector held)
    {
        var writer = new CborWriter();
        writer.WriteArray(2);
        writer.WriteId(logs.Data);
        writer.WriteUInt(held.Sequence(logs.Data));
        stores.WriteWitness(WitnessName(keys), writer.ToArray());
    }

    private static string WitnessName(VaultKeys keys) => keys.Vault.ToString()[..16] + "-" + keys.Device.Device.ToString()[..16] + ".tip";
}
