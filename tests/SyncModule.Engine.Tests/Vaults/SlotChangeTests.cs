using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>Changing what opens a vault: at every moment the old keys or the new ones do, and what is in it stays.</summary>
public sealed class SlotChangeTests : IDisposable
{
    private static readonly IRandomSource Random = SystemRandomSource.Instance;
    private static readonly Argon2Parameters Cheap = new(Argon2Parameters.MinMemoryKiB, Argon2Parameters.MinPasses);

    private readonly string _folder = Directory.CreateTempSubdirectory("slots-").FullName;
    private readonly KeyFile _keyFile = KeyFile.Create(Random);
    private readonly SlotKey _old = SlotKey.FromPassphrase("old", Cheap, Random), _new = SlotKey.FromPassphrase("new", Cheap, Random);

    public void Dispose()
    {
        _keyFile.Dispose();
        _old.Dispose();
        _new.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_new_passphrase_takes_the_place_of_the_old_one_and_the_key_file_stays()
    {
        using var key = SlotKey.FromKeyFile(_keyFile);
        var stores = Make(new MemoryDisk { LocksWait = false }, _old, key);
        using var open = Open(stores, file => file.UnlockWithKeyFile(_keyFile));
        using (var change = SlotChange.Begin(stores.Disk, file => file.UnlockWithPassphrase("old"))) change.Add([_new], Random);
        Assert.Equal([SlotType.Passphrase, SlotType.KeyFile], VaultCreation.ReadVaultFile(stores.Disk).Slots.Select(s => s.Type));
        Assert.Equal(SyncErrors.WrongPassphrase, Assert.Throws<SyncException>(() => Open(stores, file => file.UnlockWithPassphrase("old"))).Kind);

        // Who had it open goes on, and who opens it now sees what was written meanwhile.
        open.Put("later", "still open");
        using (var again = Open(stores, file => file.UnlockWithPassphrase("new"))) Assert.Equal(("value", "still open"), (again.GetText("item"), again.GetText("later")));
        using (var again = Open(stores, file => file.UnlockWithKeyFile(_keyFile))) Assert.Equal("value", again.GetText("item"));
    }

    [Fact]
    public void A_vault_with_a_passphrase_alone_gets_a_key_file_and_another_way_round()
    {
        var stores = Make(new MemoryDisk { LocksWait = false }, _old);
        string path = Path.Combine(_folder, "made.key");
        using (var change = SlotChange.Begin(stores.Disk, file => file.UnlockWithPassphrase("old"))) change.Add([], path, Random);
        using var made = KeyFile.ReadFrom(path);
        using (var again = Open(stores, file => file.UnlockWithKeyFile(made))) Assert.Equal("value", again.GetText("item"));

        // The same file once more is no second key.
        using (var change = SlotChange.Begin(stores.Disk, file => file.UnlockWithKeyFile(made))) change.Add([_new], path, Random);
        Assert.Equal(2, VaultCreation.ReadVaultFile(stores.Disk).Slots.Count);

        using (var change = SlotChange.Begin(stores.Disk, file => file.UnlockWithKeyFile(made))) change.Remove([change.Slots.Single(s => s.Type == SlotType.Passphrase)], Random);
        Assert.Equal(SyncErrors.WrongPassphrase, Assert.Throws<SyncException>(() => Open(stores, file => file.UnlockWithPassphrase("new"))).Kind);
        using (var change = SlotChange.Begin(stores.Disk, file => file.UnlockWithKeyFile(made)))
        {
            Assert.Equal(SyncErrors.UsageWrong, Assert.Throws<SyncException>(() => change.Remove(change.Slots, Random)).Kind);
            change.Add([_new], Random);
        }

        using (var again = Open(stores, file => file.UnlockWithPassphrase("new"))) Assert.Equal("value", again.GetText("item"));
    }

    [Fact]
    public void A_wrong_key_changes_nothing()
    {
        var disk = new MemoryDisk { LocksWait = false };
        var stores = Make(disk, _old);
        byte[] before = Bytes(stores);
        Assert.Equal(SyncErrors.WrongPassphrase, Assert.Throws<SyncException>(() => SlotChange.Begin(stores.Disk, file => file.UnlockWithPassphrase("olt"))).Kind);
        Assert.Equal(SyncErrors.WrongKeyFile, Assert.Throws<SyncException>(() => SlotChange.Begin(stores.Disk, file => file.UnlockWithKeyFile(_keyFile))).Kind);
        using (var change = SlotChange.Begin(stores.Disk, file => file.UnlockWithPassphrase("old")))
        {
            var many = Enumerable.Range(0, 16).Select(_ => SlotKey.FromKeyFile(KeyFile.Create(Random))).ToList();
            string path = Path.Combine(_folder, "seventeenth.key");
            Assert.Equal(SyncErrors.UsageWrong, Assert.Throws<SyncException>(() => change.Add(many, path, Random)).Kind);
            Assert.False(File.Exists(path), "a key file that opens nothing was left behind");
        }

        disk.IsReadOnly = true;
        using (var change = SlotChange.Begin(stores.Disk, file => file.UnlockWithPassphrase("old")))
        {
            Assert.Equal(SyncErrors.VaultReadOnly, Assert.Throws<SyncException>(() => change.Add([_new], Random)).Kind);
        }

        Assert.Equal(before, Bytes(stores));
    }

    [Fact]
    public void Of_two_changes_at_once_the_second_is_told_and_the_first_is_kept()
    {
        var disk = new MemoryDisk { LocksWait = false };
        var stores = Make(disk, _old);
        var other = new MemoryStores(disk.OpenProcess());
        string path = Path.Combine(_folder, "second.key");
        using (var first = SlotChange.Begin(stores.Disk, file => file.UnlockWithPassphrase("old")))
        using (var second = SlotChange.Begin(other.Disk, file => file.UnlockWithPassphrase("old")))
        {
            using (disk.OpenProcess().Lock(VaultPaths.VaultLock, TimeSpan.Zero)) Assert.Equal(SyncErrors.VaultBusy, Assert.Throws<SyncException>(() => first.Add([_new], Random)).Kind);
            first.Add([_new], Random);
            byte[] kept = Bytes(stores);
            Assert.Equal(SyncErrors.VaultKeysChanged, Assert.Throws<SyncException>(() => second.Add([], path, Random)).Kind);
            Assert.Equal(kept, Bytes(stores));
            Assert.False(File.Exists(path), "a key file that opens nothing was left behind");
        }

        using var again = SlotChange.Begin(other.Disk, file => file.UnlockWithPassphrase("new"));
        again.Add([], path, Random);
        Assert.True(File.Exists(path));
    }

    [Fact]
    public void At_every_crash_the_old_or_the_new_passphrase_opens_it()
    {
        int calls = 0;
        for (int point = 1; point <= calls + 1; point++)
        {
            foreach (Func<int, int> luck in new Func<int, int>[] { _ => 0, n => n - 1, n => 1 % n })
            {
                var disk = new MemoryDisk { LocksWait = false };
                var stores = Make(disk, _old);
                bool done = Run(disk, stores, point, DiskFault.Crash, out int made);
                calls = Math.Max(calls, made);
                disk.FaultHook = null;
                disk.PowerCut(luck);
                CheckOneOpens(new MemoryStores(disk.OpenProcess()), mustBeNew: done, $"point {point}");
            }
        }

        Assert.InRange(calls, 8, 20);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void At_every_failed_call_the_caller_is_told_and_the_old_or_the_new_passphrase_opens_it(bool isFull)
    {
        int calls = 0;
        for (int point = 1; point <= calls + 1; point++)
        {
            var disk = new MemoryDisk { LocksWait = false };
            var stores = Make(disk, _old);
            bool done = Run(disk, stores, point, isFull ? DiskFault.Full : DiskFault.Failed, out int made);
            calls = Math.Max(calls, made);
            disk.FaultHook = null;
            Assert.True(done || point <= made);
            CheckOneOpens(stores, mustBeNew: done, $"point {point}");

            // And after it another change goes through.
            string now = Opens(stores, "new") ? "new" : "old";
            using (var change = SlotChange.Begin(stores.Disk, file => file.UnlockWithPassphrase(now))) change.Add([_new], Random);
            CheckOneOpens(stores, mustBeNew: true, $"again after point {point}");
        }

        Assert.InRange(calls, 8, 20);
    }

    [Fact]
    public void A_change_that_the_disk_did_not_confirm_says_to_keep_both_and_keeps_the_key_file()
    {
        var disk = new MemoryDisk { LocksWait = false };
        var stores = Make(disk, _old);
        string path = Path.Combine(_folder, "kept.key");
        using var change = SlotChange.Begin(stores.Disk, file => file.UnlockWithPassphrase("old"));
        disk.FaultHook = call => call.Operation == "syncfolder" ? DiskFault.Failed : null;
        var told = Assert.Throws<SyncException>(() => change.Add([_new], path, Random));
        Assert.Equal(SyncErrors.DiskFailed, told.Kind);
        Assert.Contains("keep both", told.Detail, StringComparison.Ordinal);
        Assert.True(File.Exists(path));
    }

    // True when the change was made; else it died or was refused by an error that a user can read.
    private bool Run(MemoryDisk disk, MemoryStores stores, int point, DiskFault fault, out int made)
    {
        int calls = 0;
        disk.FaultHook = _ => ++calls == point ? fault : null;
        try
        {
            using var change = SlotChange.Begin(stores.Disk, file => file.UnlockWithPassphrase("old"));
            change.Add([_new], Random);
            return true;
        }
        catch (SimulatedCrashException)
        {
            return false;
        }
        catch (SyncException e)
        {
            Assert.True(e.Kind == SyncErrors.DiskFailed || e.Kind == SyncErrors.DiskFull || e.Kind == SyncErrors.VaultDamaged, e.ToString());
            return false;
        }
        finally
        {
            made = calls;
        }
    }

    private static void CheckOneOpens(MemoryStores stores, bool mustBeNew, string where)
    {
        bool isNew = Opens(stores, "new"), isOld = Opens(stores, "old");
        Assert.True(isNew != isOld, $"{where}: new {isNew}, old {isOld}");
        Assert.True(isNew || !mustBeNew, $"{where}: the change was acknowledged and is not there");
        using var vault = Open(stores, file => file.UnlockWithPassphrase(isNew ? "new" : "old"));
        Assert.Equal("value", vault.GetText("item"));
    }

    private static bool Opens(MemoryStores stores, string passphrase)
    {
        try
        {
            VaultCreation.ReadVaultFile(stores.Disk).UnlockWithPassphrase(passphrase).Dispose();
            return true;
        }
        catch (SyncException e) when (e.Kind == SyncErrors.WrongPassphrase)
        {
            return false;
        }
    }

    private static MemoryStores Make(MemoryDisk disk, params SlotKey[] keys)
    {
        var stores = new MemoryStores(disk.OpenProcess());
        VaultCreation.Create(stores, "desk", keys, TimeProvider.System, Random);
        using (var vault = Open(stores, file => file.UnlockWithSlotKey(keys[0]))) vault.Put("item", "value");
        return stores;
    }

    private static Vault Open(MemoryStores stores, Func<VaultFile, UnlockedVaultFile> unlock) => VaultCreation.Open(stores, unlock, TimeProvider.System, Random);

    private static byte[] Bytes(MemoryStores stores) => stores.Disk.ReadAllBytes(VaultPaths.VaultFile, VaultFile.MaxFileSize);
}
