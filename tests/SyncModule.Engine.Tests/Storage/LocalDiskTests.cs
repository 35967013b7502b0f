using SyncModule.Engine.Buffers;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Tests.Storage;

public sealed class LocalDiskTests : DiskConformance
{
    private readonly string _root = Path.Combine(Path.GetTempPath(), "syncmodule-disk-" + Guid.NewGuid().ToString("N"));

    public LocalDiskTests()
    {
        Disk = LocalDisk.Open(_root, create: true);
        Other = LocalDisk.Open(_root);
    }

    protected override IDisk Disk { get; }

    protected override IDisk Other { get; }

    public override void Dispose()
    {
        Directory.Delete(_root, recursive: true);
        base.Dispose();
    }

    [UnixFact]
    public void A_file_system_that_refuses_direct_writes_gets_ordinary_ones()
    {
        const int Invalid = 22;
        using var pool = new BlockPool(Block.Alignment, most: 1);
        var block = pool.Rent();
        using var file = (UnixFile)Disk.Open("a", DiskOpen.CreateNew);
        for (int i = 0; i < 3; i++)
        {
            if (i == 1) file.DirectErrno = Invalid;
            block.GetSpan().Fill((byte)i);
            file.WriteDirect(i * Block.Alignment, block.GetSpan());
        }

        file.Sync();
        byte[] bytes = Disk.ReadAllBytes("a", 1 << 20);
        for (int i = 0; i < 3; i++) Assert.False(bytes.AsSpan(i * Block.Alignment, Block.Alignment).ContainsAnyExcept((byte)i));
        block.Release();
    }

    [UnixFact]
    public void A_disk_that_fails_under_a_direct_write_is_told_like_under_any_other()
    {
        using var pool = new BlockPool(Block.Alignment, most: 1);
        var block = pool.Rent();
        using var file = (UnixFile)Disk.Open("a", DiskOpen.CreateNew);
        file.DirectErrno = 28; // ENOSPC
        Assert.Equal(DiskFailure.Full, Assert.Throws<DiskException>(() => file.WriteDirect(0, block.GetSpan())).Failure);
        block.Release();
    }

    [UnixFact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void Files_and_folders_are_private_from_the_first_byte()
    {
        Disk.CreateFolder("a/b");
        Disk.Open("a/b/c", DiskOpen.CreateNew).Dispose();
        using IDisposable? held = Disk.TryLock("a/lock");
        const UnixFileMode File = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        const UnixFileMode Folder = File | UnixFileMode.UserExecute;
        Assert.Equal(Folder, System.IO.File.GetUnixFileMode(_root));
        Assert.Equal(Folder, System.IO.File.GetUnixFileMode(_root + "/a"));
        Assert.Equal(Folder, System.IO.File.GetUnixFileMode(_root + "/a/b"));
        Assert.Equal(File, System.IO.File.GetUnixFileMode(_root + "/a/b/c"));
        Assert.Equal(File, System.IO.File.GetUnixFileMode(_root + "/a/lock"));
    }

    [Fact]
    public void A_folder_that_is_not_there_is_an_error_unless_it_is_to_be_made()
    {
        Assert.Equal(DiskFailure.NotFound, Refused(() => LocalDisk.Open(_root + "/absent")));
        Assert.False(Directory.Exists(_root + "/absent"));
    }

    [Theory]
    [InlineData(28, DiskFailure.Full)]
    [InlineData(5, DiskFailure.Failed)]
    [InlineData(30, DiskFailure.ReadOnly)]
    [InlineData(2, DiskFailure.NotFound)]
    [InlineData(17, DiskFailure.Exists)]
    [InlineData(13, DiskFailure.Denied)]
    [InlineData(24, DiskFailure.TooManyFiles)]
    [InlineData(9999, DiskFailure.Failed)]
    public void An_errno_becomes_what_a_caller_decides_by(int errno, DiskFailure failure) => Assert.Equal(failure, Libc.Classify(errno));

    [Theory]
    [InlineData(DiskFailure.Full, "DiskFull")]
    [InlineData(DiskFailure.Failed, "DiskFailed")]
    [InlineData(DiskFailure.TooManyFiles, "DiskFailed")]
    [InlineData(DiskFailure.ReadOnly, "VaultReadOnly")]
    [InlineData(DiskFailure.Denied, "VaultReadOnly")]
    public void A_failure_becomes_an_error_with_a_next_step(DiskFailure failure, string id) =>
        Assert.Equal(id, new DiskException(failure, "pwrite", "log/0001.log", "said no").ToSyncException().ErrorId);

    [UnixFact]
    public void A_failed_sync_of_the_real_kernel_is_reported_and_final()
    {
        // A descriptor that cannot be synced: fdatasync of a pipe is EINVAL. .NET's own flush would say nothing.
        using var pipe = new System.IO.Pipes.AnonymousPipeServerStream(System.IO.Pipes.PipeDirection.Out);
        using var handle = new Microsoft.Win32.SafeHandles.SafeFileHandle(pipe.SafePipeHandle.DangerousGetHandle(), ownsHandle: false);
        using var file = new UnixFile(handle, "pipe");
        Assert.Equal("fdatasync", Assert.Throws<DiskException>(file.Sync).Operation);
        Assert.Contains("earlier sync", Assert.Throws<DiskException>(() => file.Write(0, [1])).Message, StringComparison.Ordinal);
        Assert.Contains("earlier sync", Assert.Throws<DiskException>(file.Sync).Message, StringComparison.Ordinal);
        Assert.Contains("earlier sync", Assert.Throws<DiskException>(() => file.BeginSync(0, 1)).Message, StringComparison.Ordinal);
    }

    [LinuxFact]
    public void A_beginning_that_fails_is_as_final_as_a_sync()
    {
        // Nothing of a pipe can be written back: ESPIPE.
        using var pipe = new System.IO.Pipes.AnonymousPipeServerStream(System.IO.Pipes.PipeDirection.Out);
        using var handle = new Microsoft.Win32.SafeHandles.SafeFileHandle(pipe.SafePipeHandle.DangerousGetHandle(), ownsHandle: false);
        using var file = new UnixFile(handle, "pipe");
        Assert.Equal("sync_file_range", Assert.Throws<DiskException>(() => file.BeginSync(0, 1)).Operation);
        Assert.Contains("earlier sync", Assert.Throws<DiskException>(() => file.Write(0, [1])).Message, StringComparison.Ordinal);
        Assert.Contains("earlier sync", Assert.Throws<DiskException>(file.Sync).Message, StringComparison.Ordinal);
    }
}
