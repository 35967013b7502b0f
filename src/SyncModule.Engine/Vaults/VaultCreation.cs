using System.Text;
using SyncModule.Core.Model;
using SyncModule.Core.Model.Membership;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Makes vault folders: a new vault, or a new replica of one that was joined. vault.json comes last, so a folder in which the making
/// was cut off is no vault.
/// </summary>
public static class VaultCreation
{
    private const int MaxVaultFile = VaultFile.MaxFileSize;

    /// <summary>A new vault with this device as founder (format-1 §2).</summary>
    public static VaultId Create(IVaultStores stores, string deviceName, IReadOnlyList<SlotKey> slots, TimeProvider time, IRandomSource random)
    {
        string name = CheckDeviceName(deviceName);
        CheckEmpty(stores.Disk);
        using var device = DeviceKeys.Create(random);
        Span<byte> bytes = stackalloc byte[Id32.Size];
        random.Fill(bytes);
        var record = new GenesisRecord(new(bytes), device.Device, device.ExchangeKey, MembershipPolicy.EveryFullMember);
        var id = record.ComputeVaultId();
        using var secret = new SecretKey(random);
        using var indexKey = new SecretKey(random);
        var epoch = EpochKeys.ComputeId(secret, id);
        using var ring = new Ring(device, [new(epoch, EpochSecretKind.Epoch, secret)], indexKey);
        var genesis = new MembershipOperation.Genesis(record, device.Certify(id, DeviceRole.Administrator), name, epoch);
        Make(stores, id, ring, slots, time, random, (keys, logs, group) =>
        {
            var now = HybridTimestamp.FromMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
            var (commit, block) = MembershipWriter.Build(keys, logs.Membership, default, [], now, [genesis]);
            group.Add(LogRecordType.Block, block);
            group.Add(LogRecordType.MembershipCommit, commit.Record);
        });
        return id;
    }

    /// <summary>A new replica from what an inviter granted. The caller has checked that the grant fits the invite.</summary>
    public static void CreateReplica(IVaultStores stores, VaultId id, DeviceKeys device, IReadOnlyList<EpochSecret> epochs, IReadOnlyList<CommitBundle> membership, IReadOnlyList<SlotKey> slots, TimeProvider time, IRandomSource random)
    {
        CheckEmpty(stores.Disk);
        using var indexKey = new SecretKey(random);
        using var ring = new Ring(device, epochs, indexKey);
        Make(stores, id, ring, slots, time, random, (_, _, group) =>
        {
            foreach (var bundle in membership)
            {
                group.Add(LogRecordType.Block, bundle.Blocks[0]);
                group.Add(LogRecordType.MembershipCommit, bundle.Record);
            }
        });
    }

    /// <summary>Unlocks with whatever opens a slot and opens the folder.</summary>
    public static Vault Open(IVaultStores stores, Func<VaultFile, UnlockedVaultFile> unlock, TimeProvider time, IRandomSource random)
    {
        var file = ReadVaultFile(stores.Disk);
        using var unlocked = unlock(file);
        return Vault.Open(stores, unlocked, time, random);
    }

    /// <summary>Reads vault.json. VaultNotFound, VaultDamaged or FormatUnknown.</summary>
    public static VaultFile ReadVaultFile(IDisk disk) => VaultFile.Parse(ReadVaultBytes(disk));

    /// <summary>The bytes of vault.json. VaultNotFound or VaultDamaged.</summary>
    internal static byte[] ReadVaultBytes(IDisk disk)
    {
        try
        {
            return disk.ReadAllBytes(VaultPaths.VaultFile, MaxVaultFile);
        }
        catch (DiskException e) when (e.Failure == DiskFailure.NotFound)
        {
            throw SyncErrors.VaultNotFound.With("The folder has no vault.json", e);
        }
        catch (DiskException e) when (e.Failure == DiskFailure.Denied)
        {
            throw SyncErrors.VaultReadOnly.With("vault.json may not be read by this user", e);
        }
        catch (DiskException e)
        {
            throw SyncErrors.VaultDamaged.With("vault.json could not be read", e);
        }
    }

    /// <summary>A device's name is shown to people on every machine: 1 to 256 bytes without control characters.</summary>
    public static string CheckDeviceName(string name)
    {
        string normal = ItemName.Check(name);
        if (Encoding.UTF8.GetByteCount(normal) > MembershipOperation.MaxNameBytes) throw SyncErrors.NameInvalid.With("A device's name has at most 256 bytes");
        if (normal.Any(char.IsControl)) throw SyncErrors.NameInvalid.With("A device's name has no control characters");
        return normal;
    }

    /// <summary>Throws when the folder cannot take a new vault.</summary>
    public static void CheckEmpty(IDisk disk)
    {
        try
        {
            CheckEmptyNow(disk);
        }
        catch (DiskException e)
        {
            throw e.ToSyncException();
        }
    }

    private static void CheckEmptyNow(IDisk disk)
    {
        if (disk.IsNetworkFileSystem) throw SyncErrors.NetworkFileSystem.With("The folder is on a network file system");
        if (disk.Exists(VaultPaths.VaultFile)) throw SyncErrors.VaultExists.With("The folder has a vault.json already");
        // What an interrupted making left behind carries no vault.json and may be made again.
        var others = disk.List("").Where(f => f is not (VaultPaths.Instance or VaultPaths.Local or VaultPaths.RebuildLock) && !f.StartsWith(VaultPaths.Local, StringComparison.Ordinal) && !f.StartsWith(VaultPaths.Index, StringComparison.Ordinal) && !f.StartsWith(VaultPaths.VaultFile, StringComparison.Ordinal)).ToList();
        if (others.Count > 0) throw SyncErrors.FolderNotEmpty.With($"The folder holds other files, for example '{others[0]}'");
    }

    private static void Make(IVaultStores stores, VaultId id, Ring ring, IReadOnlyList<SlotKey> slots, TimeProvider time, IRandomSource random, Action<VaultKeys, OwnLogs, LogGroupBuilder> fill)
    {
        var disk = stores.Disk;
        try
        {
            foreach (string folder in new[] { VaultPaths.LogFolder, VaultPaths.PackFolder, VaultPaths.JournalFolder }) disk.CreateFolder(folder);
            foreach (string old in disk.List(VaultPaths.LogFolder)) disk.Delete(VaultPaths.LogFolder + "/" + old);
            stores.DeleteIndex();
            using (disk.Open(VaultPaths.Instance, DiskOpen.OpenOrCreate))
            {
            }

            using var keys = new VaultKeys(id, ring);
            using (var local = stores.OpenLocal(create: true))
            {
                var logs = new OwnLogs(local, random);
                VaultInstance.Check(stores, local, logs);
                using var log = CommitLog.Open(disk, random.Fill);
                using var session = log.AcquireAppend(TimeSpan.FromSeconds(10));
                var group = new LogGroupBuilder();
                fill(keys, logs, group);
                session.Append(group);
                session.Sync();
            }

            using var unlocked = VaultFile.Create(id, ring, slots, random);
            disk.ReplaceAtomically(VaultPaths.VaultFile, unlocked.File.ToBytes());
        }
        catch (DiskException e)
        {
            throw e.ToSyncException();
        }
    }
}
