using SyncModule.Engine.Buffers;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Tests.Storage;

/// <summary>The disk that every vault writes through: the same contract, and nothing of what it is above gets lost.</summary>
public sealed class LatchedDiskTests : DiskConformance
{
    private readonly string _root = Path.Combine(Path.GetTempPath(), "syncmodule-latched-" + Guid.NewGuid().ToString("N"));
    private readonly FlushLatch _latch = new();

    public LatchedDiskTests()
    {
        Disk = new LatchedDisk(LocalDisk.Open(_root, create: true), _latch);
        Other = LocalDisk.Open(_root);
    }

    protected override IDisk Disk { get; }

    protected override IDisk Other { get; }

    public override void Dispose()
    {
        Directory.Delete(_root, recursive: true);
        _latch.Dispose();
        base.Dispose();
    }

    [UnixFact]
    public void A_direct_write_stays_one()
    {
        // It shows as a second descriptor of the file, on file systems that can.
        Assert.Equal(DescriptorsAfterDirectWrite(Other, "bare"), DescriptorsAfterDirectWrite(Disk, "latched"));
    }

    [UnixFact]
    public void A_direct_write_after_a_failed_flush_is_refused_like_any_other()
    {
        using var pool = new BlockPool(Block.Alignment, most: 1);
        var block = pool.Rent();
        using var file = Disk.Open("a", DiskOpen.CreateNew);
        _latch.Close(SyncErrors.DiskFailed.With("a flush failed"));
        Assert.Throws<DiskException>(() => file.WriteDirect(0, block.GetSpan()));
        Assert.Equal(0, file.Length);
        block.Release();
    }

    private int DescriptorsAfterDirectWrite(IDisk disk, string name)
    {
        using var pool = new BlockPool(Block.Alignment, most: 1);
        var block = pool.Rent();
        using var file = disk.Open(name, DiskOpen.CreateNew);
        file.WriteDirect(0, block.GetSpan());
        block.Release();
        string path = Path.Combine(_root, name);
        return Directory.Exists("/proc/self/fd") ? Directory.GetFiles("/proc/self/fd").Count(f => new FileInfo(f).LinkTarget == path) : 0;
    }
}
