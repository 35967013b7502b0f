using SyncModule.Engine.Nodes;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Storage.Tables;
using SyncModule.Engine.Transport;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>After a flush that failed a process stores nothing more, and one that would run for ever ends (docs/decisions/008).</summary>
public sealed class FlushLatchTests : IDisposable
{
    private const int Large = 700_000;

    private readonly MemoryVault _memory = new();
    private readonly List<DiskCall> _after = [];
    private bool _failed;

    public void Dispose() => _memory.Dispose();

    [Theory]
    [InlineData("sync", "log/")]
    [InlineData("beginsync", "log/")]
    [InlineData("sync", "packs/")]
    [InlineData("syncfolder", "packs")]
    [InlineData("write", "log/")]
    public void After_the_first_failure_nothing_is_written_any_more_and_the_next_process_goes_on(string operation, string path)
    {
        var vault = _memory.Open();
        vault.Put("before", "kept");
        FailOnce(operation, path, DiskFault.Failed);
        Assert.Equal(SyncErrors.DiskFailed, Assert.Throws<SyncException>(() => PutLarge(vault)).Kind);
        Assert.Equal(SyncErrors.DiskFailed, vault.Flushes.Error!.Kind);
        Assert.Equal(SyncErrors.DiskFailed, Assert.Throws<SyncException>(() => vault.Put("after", "refused")).Kind);
        Assert.True(vault.Flushes.Closed.IsCancellationRequested);
        Assert.DoesNotContain(_after, c => c.Operation == "write" && !c.Path.StartsWith("journal/", StringComparison.Ordinal));
        Assert.Equal("kept", vault.GetText("before"));

        _memory.Disk.PowerCut(_ => 0);
        var next = _memory.Open();
        Assert.Equal("kept", next.GetText("before"));
        Assert.Null(next.Find("items", "after"));
        PutLarge(next);
        Assert.Equal(Large, next.Get("large").Length);
    }

    [Fact]
    public void A_full_disk_is_no_reason_to_stop()
    {
        var vault = _memory.Open();
        FailOnce("write", "log/", DiskFault.Full);
        Assert.Equal(SyncErrors.DiskFull, Assert.Throws<SyncException>(() => vault.Put("a", "1")).Kind);
        Assert.Null(vault.Flushes.Error);
        vault.Put("a", "2");
        Assert.Equal("2", vault.GetText("a"));
    }

    [Fact]
    public void What_another_process_wrote_and_this_one_cannot_flush_is_neither_shown_nor_written_over()
    {
        var reader = _memory.Open();
        var writer = _memory.Open();
        writer.Put("a", "1");
        FailOnce("sync", "log/", DiskFault.Failed);
        Assert.Equal(SyncErrors.DiskFailed, Assert.Throws<SyncException>(() => reader.Find("items", "a")).Kind);
        Assert.Equal(SyncErrors.DiskFailed, Assert.Throws<SyncException>(() => reader.Find("items", "a")).Kind);
        Assert.DoesNotContain(_after, c => c.Operation == "write");
        Assert.Equal("1", _memory.Open().GetText("a"));
    }

    [Fact]
    public void A_flush_of_local_db_counts_too()
    {
        var vault = _memory.Open(new FailingLocal(_memory.Stores));
        Assert.Null(vault.Flushes.Error);
        Assert.Throws<SyncException>(() => new PeerBook(vault).Add("peer", ["127.0.0.1:1"]));
        Assert.Equal(SyncErrors.DiskFailed, Assert.Throws<SyncException>(() => vault.Put("a", "1")).Kind);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_would_run_for_ever_ends_with_the_disks_error(bool serve)
    {
        var vault = _memory.Open();
        var transport = new MemoryTransport();
        using var node = new SyncNode(vault, new NodeOptions { Transport = transport });
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = serve
            ? node.ServeAsync(PeerAddress.Parse("127.0.0.1:0"), _ => waiting.SetResult())
            : node.FollowAsync(["127.0.0.1:9"], _ => waiting.TrySetResult(), CancellationToken.None);
        await waiting.Task;
        FailOnce("sync", "log/", DiskFault.Failed);
        Assert.Throws<SyncException>(() => vault.Put("a", "1"));
        Assert.Equal(SyncErrors.DiskFailed, (await Assert.ThrowsAsync<SyncException>(() => running)).Kind);
    }

    private static void PutLarge(Vault vault)
    {
        var bytes = new byte[Large];
        new Random(Large).NextBytes(bytes);
        vault.Put("items", "large", new MemoryStream(bytes));
    }

    private void FailOnce(string operation, string path, DiskFault fault) => _memory.Disk.FaultHook = call =>
    {
        if (_failed) _after.Add(call);
        if (_failed || call.Operation != operation || !call.Path.StartsWith(path, StringComparison.Ordinal)) return null;
        _failed = true;
        return fault;
    };

    /// <summary>A local.db that can be read and not flushed.</summary>
    private sealed class FailingLocal(IVaultStores stores) : IVaultStores
    {
        public IDisk Disk => stores.Disk;

        public ILogIndex OpenIndex() => stores.OpenIndex();

        public void DeleteIndex() => stores.DeleteIndex();

        public ILocalStore OpenLocal(bool create) => new Store(stores.OpenLocal(create));

        public byte[]? ReadWitness(string name) => stores.ReadWitness(name);

        public void WriteWitness(string name, byte[] bytes) => stores.WriteWitness(name, bytes);

        private sealed class Store(ILocalStore local) : ILocalStore
        {
            public bool FileReplaced => false;

            public ITableTransaction Begin(bool write) => write ? throw SyncErrors.DiskFailed.With("local.db: committing ended with SQLite's code 1034") : local.Begin(false);

            public void Dispose() => local.Dispose();
        }
    }
}
