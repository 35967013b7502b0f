using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Tests.Storage;

public sealed class MemoryDiskTests : DiskConformance
{
    private readonly MemoryDisk _memory = new();
    private readonly MemoryProcess _process;

    public MemoryDiskTests()
    {
        Disk = _process = _memory.OpenProcess();
        Other = _memory.OpenProcess();
    }

    protected override IDisk Disk { get; }

    protected override IDisk Other { get; }

    private static int Nothing(int n) => 0;

    private static int Everything(int n) => n - 1;

    [Fact]
    public void A_power_cut_takes_what_was_not_synced_and_leaves_what_was()
    {
        using IDiskFile file = Disk.Open("a", DiskOpen.CreateNew);
        file.Write(0, Pattern(700));
        file.Sync();
        Disk.SyncFolder("");
        file.Write(100, new byte[900]);
        file.SetLength(50);
        _memory.PowerCut(Nothing);
        Assert.Throws<SimulatedCrashException>(() => file.Length);
        Assert.Equal(Pattern(700), _memory.OpenProcess().ReadAllBytes("a", 1000));
    }

    [Fact]
    public void A_power_cut_may_keep_any_sectors_of_a_write()
    {
        using IDiskFile file = Disk.Open("a", DiskOpen.CreateNew);
        Disk.SyncFolder("");
        file.Write(500, Enumerable.Repeat((byte)7, 1_100).ToArray()); // sectors: 500..512, 512..1024, 1024..1536, 1536..1600
        int asked = 0;
        _memory.PowerCut(n => asked++ switch { 0 => 0, 1 => 1, 2 => 0, 3 => 1, _ => 0 });
        byte[] left = _memory.OpenProcess().ReadAllBytes("a", 2000);
        Assert.Equal(1_600, left.Length);
        Assert.Equal(512 + 64, left.Count(b => b == 7));
        Assert.Equal(7, left[512]);
        Assert.Equal(0, left[1024]);
    }

    [Fact]
    public void A_name_is_lost_without_a_folder_sync_and_its_content_with_it()
    {
        Disk.CreateFolder("log");
        using (IDiskFile file = Disk.Open("log/a", DiskOpen.CreateNew))
        {
            file.Write(0, [1]);
            file.Sync();
        }

        Disk.SyncFolder(""); // another folder
        _memory.PowerCut(Nothing);
        Assert.Empty(_memory.OpenProcess().List("log"));
    }

    [Fact]
    public void A_replacement_is_old_or_new_at_every_crash_point()
    {
        long calls = 0;
        for (long point = 1; point == 1 || point <= calls + 1; point++)
        {
            foreach (Func<int, int> luck in new Func<int, int>[] { Nothing, Everything, n => 1 % n })
            {
                var disk = new MemoryDisk();
                IDisk process = disk.OpenProcess();
                process.ReplaceAtomically("v", "old"u8);
                long before = disk.Calls;
                disk.FaultHook = call => call.Number == before + point ? DiskFault.Crash : null;
                bool done = false;
                try
                {
                    process.ReplaceAtomically("v", "newer"u8);
                    done = true;
                    calls = disk.Calls - before;
                }
                catch (SimulatedCrashException)
                {
                    calls = Math.Max(calls, point);
                }

                disk.FaultHook = null;
                disk.PowerCut(luck);
                string text = System.Text.Encoding.ASCII.GetString(disk.OpenProcess().ReadAllBytes("v", 10));
                Assert.True(text == "newer" || (text == "old" && !done), $"point {point}: '{text}'");
            }
        }

        Assert.InRange(calls, 6, 12);
    }

    [Fact]
    public void A_failed_sync_poisons_the_file_and_its_data_is_gone_after_a_power_cut()
    {
        using IDiskFile file = Disk.Open("a", DiskOpen.CreateNew);
        using IDiskFile openBefore = Other.Open("a", DiskOpen.ReadWrite);
        Disk.SyncFolder("");
        file.Write(0, [5]);
        _memory.FaultHook = call => call.Operation == "sync" ? DiskFault.Failed : null;
        Assert.Equal(DiskFailure.Failed, Refused(file.Sync));
        _memory.FaultHook = null;
        Assert.Throws<DiskException>(file.Sync);
        Assert.Throws<DiskException>(() => file.Write(0, [6]));
        Assert.Throws<DiskException>(openBefore.Sync);

        // Who opens it afterwards sees the byte and a sync that succeeds: the lie that this models.
        using (IDiskFile after = Other.Open("a", DiskOpen.ReadWrite))
        {
            Assert.Equal(1, after.Length);
            after.Sync();
        }

        _memory.PowerCut(Everything);
        Assert.Equal(0, _memory.OpenProcess().TryGetLength("a"));
    }

    [Fact]
    public void A_short_write_leaves_its_first_bytes()
    {
        using IDiskFile file = Disk.Open("a", DiskOpen.CreateNew);
        _memory.FaultHook = call => call.Operation == "write" ? DiskFault.ShortWrite(2) : null;
        Assert.Equal(DiskFailure.Full, Refused(() => file.Write(0, [1, 2, 3])));
        _memory.FaultHook = null;
        Assert.Equal([1, 2], Disk.ReadAllBytes("a", 5));
    }

    [Fact]
    public void A_killed_process_loses_its_locks_but_not_its_writes()
    {
        IDisposable held = Disk.TryLock("l")!;
        using IDiskFile file = Disk.Open("a", DiskOpen.CreateNew);
        file.Write(0, [1]);
        _process.Kill();
        Assert.Throws<SimulatedCrashException>(() => Disk.Exists("a"));
        Assert.Equal([1], Other.ReadAllBytes("a", 5));
        using IDisposable? next = Other.TryLock("l");
        Assert.NotNull(next);
        held.Dispose();
        Assert.Null(_memory.OpenProcess().TryLock("l"));
    }

    [Fact]
    public void A_boot_id_changes_at_a_power_cut()
    {
        string before = Disk.BootId;
        _memory.PowerCut(Nothing);
        Assert.NotEqual(before, _memory.OpenProcess().BootId);
    }

    [Fact]
    public void A_single_threaded_simulation_never_waits_for_a_lock()
    {
        var disk = new MemoryDisk { LocksWait = false };
        using IDisposable held = disk.OpenProcess().Lock("l", TimeSpan.FromDays(1));
        Assert.Equal("VaultBusy", Assert.Throws<SyncException>(() => disk.OpenProcess().Lock("l", TimeSpan.FromDays(1))).ErrorId);
    }
}
