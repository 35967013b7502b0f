using System.Text;
using SyncModule.Engine.Buffers;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Tests.Storage;

/// <summary>What every disk does, whatever is below it. Run over a real folder and over memory.</summary>
public abstract class DiskConformance : IDisposable
{
    protected abstract IDisk Disk { get; }

    /// <summary>A second opener of the same folder, as another process is.</summary>
    protected abstract IDisk Other { get; }

    public virtual void Dispose() => GC.SuppressFinalize(this);

    [Fact]
    public void What_was_written_is_read_by_another_opener_at_any_offset()
    {
        byte[] bytes = Pattern(70_001);
        using IDiskFile file = Disk.Open("a.bin", DiskOpen.CreateNew);
        file.Write(3, bytes);
        file.Sync();
        using IDiskFile other = Other.Open("a.bin", DiskOpen.Read);
        Assert.Equal(70_004, other.Length);
        var read = new byte[70_010];
        Assert.Equal(70_004, other.Read(0, read));
        Assert.Equal(new byte[3], read[..3]);
        Assert.Equal(bytes, read[3..70_004]);
        Assert.Equal(4, other.Read(70_000, read));
        Assert.Equal(0, other.Read(70_004, read));
        Assert.Equal(0, other.Read(1_000_000, read));
    }

    [Fact]
    public void Direct_writes_and_ordinary_ones_make_one_file()
    {
        using var pool = new BlockPool(64 << 10, most: 1);
        var block = pool.Rent();
        Pattern(64 << 10).CopyTo(block.GetSpan());
        using IDiskFile file = Disk.Open("a", DiskOpen.CreateNew);
        file.Preallocate(1 << 20);
        file.Write(0, Pattern(5_000));
        file.WriteDirect(8_192, block.GetSpan());
        file.Write(8_192 + (64 << 10), Pattern(33));
        file.WriteDirect(4_096, block.GetSpan()[4_096..8_192]);
        file.Sync();
        byte[] expected = [.. Pattern(5_000)[..4_096], .. Pattern(8_192)[4_096..], .. Pattern(64 << 10), .. Pattern(33)];
        using IDiskFile other = Other.Open("a", DiskOpen.Read);
        var read = new byte[expected.Length + 1];
        Assert.Equal(expected.Length, other.Read(0, read));
        Assert.Equal(expected, read[..^1]);
        Assert.Throws<ArgumentException>(() => file.WriteDirect(4_097, block.GetSpan()[..4_096]));
        Assert.Throws<ArgumentException>(() => file.WriteDirect(4_096, block.GetSpan()[..4_095]));
        Assert.Throws<ArgumentException>(() => file.WriteDirect(4_096, block.GetSpan()[1..4_097]));
        block.Release();
    }

    [Fact]
    public void Open_modes_differ_in_what_must_be_there()
    {
        Assert.Equal(DiskFailure.NotFound, Refused(() => Disk.Open("a", DiskOpen.Read)));
        Assert.Equal(DiskFailure.NotFound, Refused(() => Disk.Open("a", DiskOpen.ReadWrite)));
        using (IDiskFile made = Disk.Open("a", DiskOpen.OpenOrCreate)) made.Write(0, [1, 2, 3]);
        using (IDiskFile kept = Disk.Open("a", DiskOpen.OpenOrCreate)) Assert.Equal(3, kept.Length);
        Assert.Equal(DiskFailure.Exists, Refused(() => Disk.Open("a", DiskOpen.CreateNew)));
        Assert.Equal(DiskFailure.NotFound, Refused(() => Disk.Open("absent/a", DiskOpen.CreateNew)));
    }

    [Fact]
    public void A_file_opened_for_reading_refuses_a_write()
    {
        using (IDiskFile made = Disk.Open("a", DiskOpen.CreateNew)) made.Write(0, [1]);
        using IDiskFile file = Disk.Open("a", DiskOpen.Read);
        Assert.Throws<DiskException>(() => file.Write(0, [2]));
        Assert.Equal([1], Disk.ReadAllBytes("a", 1));
    }

    [Fact]
    public void Length_can_be_cut_and_extended_with_zeros()
    {
        using IDiskFile file = Disk.Open("a", DiskOpen.CreateNew);
        file.Write(0, Pattern(1_003));
        file.SetLength(7);
        file.SetLength(13);
        Assert.Equal(13, Other.TryGetLength("a"));
        Assert.Equal([.. Pattern(1_003)[..7], 0, 0, 0, 0, 0, 0], Other.ReadAllBytes("a", 13));
    }

    [Fact]
    public void Preallocation_does_not_change_the_length()
    {
        using IDiskFile file = Disk.Open("a", DiskOpen.CreateNew);
        file.Write(0, [9]);
        file.Preallocate(1_000_003);
        file.Preallocate(10);
        Assert.Equal(1, file.Length);
        file.Write(1, [8]);
        Assert.Equal([9, 8], Other.ReadAllBytes("a", 2));
    }

    [Fact]
    public void Listing_gives_plain_files_in_ordinal_order()
    {
        Assert.Empty(Disk.List("log"));
        Disk.CreateFolder("log/inner");
        Disk.CreateFolder("log");
        foreach (string name in new[] { "log/b", "log/B", "log/a", ".hidden", "log/inner/x" }) Disk.Open(name, DiskOpen.CreateNew).Dispose();
        Assert.Equal(["B", "a", "b"], Other.List("log"));
        Assert.Equal([".hidden"], Other.List(""));
        Assert.True(Other.Exists("log/inner"));
        Assert.True(Other.Exists("log/inner/x"));
        Assert.False(Other.Exists("log/x"));
        Assert.Null(Other.TryGetLength("log"));
        Assert.Null(Other.TryGetLength("log/x"));
    }

    [Fact]
    public void Rename_replaces_and_an_open_file_keeps_its_content()
    {
        Disk.ReplaceAtomically("a", "old"u8);
        using IDiskFile open = Other.Open("a", DiskOpen.Read);
        Disk.ReplaceAtomically("b", "newer"u8);
        Disk.Rename("b", "a");
        Disk.SyncFolder("");
        Assert.Equal("newer", Encoding.ASCII.GetString(Other.ReadAllBytes("a", 10)));
        Assert.Equal(3, open.Length);
        Assert.False(Disk.Exists("b"));
        Assert.Equal(DiskFailure.NotFound, Refused(() => Disk.Rename("b", "c")));
        Disk.Delete("a");
        Disk.Delete("a");
        Assert.Empty(Other.List(""));
        Assert.Equal(3, open.Read(0, new byte[5]));
    }

    [Fact]
    public void Replacing_survives_a_leftover_of_an_earlier_attempt_and_leaves_none()
    {
        Disk.CreateFolder("f");
        using (IDiskFile leftover = Disk.Open("f/vault.json.tmp", DiskOpen.CreateNew)) leftover.Write(0, Pattern(999));
        Disk.ReplaceAtomically("f/vault.json", "one"u8);
        Disk.ReplaceAtomically("f/vault.json", "2"u8);
        Assert.Equal(["vault.json"], Disk.List("f"));
        Assert.Equal("2"u8.ToArray(), Disk.ReadAllBytes("f/vault.json", 1));
        Assert.Throws<DiskException>(() => Disk.ReadAllBytes("f/vault.json", 0));
    }

    [Fact]
    public void An_exclusive_lock_keeps_everybody_else_out_until_it_is_released()
    {
        IDisposable held = Disk.TryLock("l")!;
        Assert.Null(Other.TryLock("l"));
        Assert.Null(Disk.TryLock("l"));
        Assert.Null(Other.TryLock("l", shared: true));
        SyncException busy = Assert.Throws<SyncException>(() => Other.Lock("l", TimeSpan.Zero));
        Assert.Equal("VaultBusy", busy.ErrorId);
        using (Other.TryLock("m")) held.Dispose();
        held.Dispose();
        using IDisposable? next = Other.TryLock("l");
        Assert.NotNull(next);
    }

    [Fact]
    public void Shared_locks_exclude_only_the_exclusive_one()
    {
        using (IDisposable? one = Disk.TryLock("l", shared: true))
        using (IDisposable? two = Other.TryLock("l", shared: true))
        {
            Assert.NotNull(one);
            Assert.NotNull(two);
            Assert.Null(Disk.TryLock("l"));
        }

        using IDisposable alone = Disk.Lock("l", TimeSpan.Zero);
        Assert.Null(Other.TryLock("l", shared: true));
    }

    [Fact]
    public void A_waiting_locker_gets_the_lock_when_it_is_released()
    {
        IDisposable held = Disk.TryLock("l")!;
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var waiter = Task.Factory.StartNew(
            () =>
            {
                started.SetResult();
                Other.Lock("l", TimeSpan.FromMinutes(1)).Dispose();
                return true;
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        started.Task.Wait();
        Assert.False(waiter.IsCompleted);
        held.Dispose();
        Assert.True(waiter.Result);
    }

    [Fact]
    public void The_instance_cookie_follows_the_file_and_not_its_name_or_content()
    {
        Disk.ReplaceAtomically("a", "1"u8);
        string cookie = Disk.InstanceCookie("a");
        using (IDiskFile file = Disk.Open("a", DiskOpen.ReadWrite)) file.Write(0, Pattern(5));
        Disk.Rename("a", "b");
        Assert.Equal(cookie, Other.InstanceCookie("b"));
        using (IDiskFile copy = Disk.Open("a", DiskOpen.CreateNew)) copy.Write(0, Pattern(5));
        Assert.NotEqual(cookie, Disk.InstanceCookie("a"));
        Assert.Equal(DiskFailure.NotFound, Refused(() => Disk.InstanceCookie("c")));
    }

    [Fact]
    public void A_boot_has_an_id_and_the_folder_is_usable()
    {
        Assert.NotEqual("", Disk.BootId);
        Assert.Equal(Disk.BootId, Other.BootId);
        Assert.False(Disk.IsNetworkFileSystem);
        Assert.False(Disk.IsReadOnly);
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../x")]
    [InlineData("a/../../x")]
    [InlineData("a//b")]
    [InlineData("./a")]
    [InlineData("a/")]
    [InlineData("a\\b")]
    [InlineData("C:x")]
    [InlineData("a\0")]
    [InlineData("")]
    public void A_path_never_leaves_the_folder(string path)
    {
        Assert.Throws<ArgumentException>(() => Disk.Open(path, DiskOpen.OpenOrCreate));
        Assert.Throws<ArgumentException>(() => Disk.Delete(path));
        Assert.Throws<ArgumentException>(() => Disk.TryLock(path));
    }

    protected static byte[] Pattern(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i * 31 + i / 251))];

    protected static DiskFailure Refused(Func<object> call) => Assert.Throws<DiskException>(call).Failure;

    protected static DiskFailure Refused(Action call) => Assert.Throws<DiskException>(call).Failure;
}
