using System.Collections.Concurrent;
using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Files;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Tests.Files;

namespace SyncModule.Engine.Tests.Nodes;

/// <summary>Imports into a vault that a peer follows: objects travel while they are sealed, over real connections.</summary>
public sealed class LiveImportTests : IDisposable
{
    private readonly TestTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public async Task A_large_file_is_at_the_peer_with_its_commit_and_was_sent_once()
    {
        _tree.Write("large", 30_000_001);
        _tree.Write("small", 100);
        await using var paired = await PairedVaults.CreateAsync();
        await using var following = await Following.StartAsync(paired);
        Import(paired);
        await following.LevelAsync(paired);
        var (here, there) = (paired[0].Vault.Status(), paired[1].Vault.Status());
        Assert.Equal((here.Items, here.Objects, here.Bytes, true), (there.Items, there.Objects, there.Bytes, there.Full));
        Assert.Equal(paired[0].Vault.Digest().Digest, paired[1].Vault.Digest().Digest);
        long packed = Directory.EnumerateFiles(Path.Combine(paired[1].Folder, "packs")).Sum(f => new FileInfo(f).Length);
        Assert.InRange(packed, there.Bytes, (long)(there.Bytes * 1.1));
        AssertExports(paired, 1);
    }

    [Fact]
    public async Task A_peer_that_disconnects_in_the_middle_holds_nothing_up_and_gets_the_rest_later()
    {
        _tree.Write("large", 40_000_001);
        await using var paired = await PairedVaults.CreateAsync();
        var following = await Following.StartAsync(paired);
        Import(paired, progress =>
        {
            if (progress.BytesDone > 8_000_000) following.Stop();
        });
        await following.DisposeAsync();
        Assert.True(paired[0].Vault.Status().Full);
        // A session that was told to end may have taken all of it before it heard.
        Assert.True((await paired.SyncAsync(1, 0)).Outcome is SyncOutcome.Synced or SyncOutcome.UpToDate);
        Assert.True(paired[1].Vault.Status().Full);
        AssertExports(paired, 1);
    }

    [Fact]
    public async Task A_file_that_changes_while_it_is_imported_and_sent_arrives_as_it_was_taken()
    {
        string path = _tree.At("busy");
        _tree.Write("busy", 24_000_001);
        await using var paired = await PairedVaults.CreateAsync();
        await using var following = await Following.StartAsync(paired);
        var before = _tree.Describe();
        int changes = 0;
        Import(paired, progress =>
        {
            if (progress.BytesDone < 6_000_000 || Interlocked.Increment(ref changes) > 1) return;
            using var file = File.Open(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            file.Seek(5_000_000, SeekOrigin.Begin);
            file.Write(new byte[700_001]);
        });
        await following.LevelAsync(paired);
        Assert.True(changes > 0);

        // Where reading was over before the change it was taken as it was, else as it is: never a mixture.
        using var target = new TestTree();
        FolderExport.Run(paired[1].Vault, target.Root, new ExportOptions());
        Assert.Contains(target.Describe(), new[] { before, _tree.Describe() });
    }

    private void Import(PairedVaults paired, Action<FileProgress>? progress = null)
    {
        var result = FolderImport.Run(paired[0].Vault, _tree.Root, new ImportOptions(), progress is null ? null : new Callback(progress));
        Assert.Empty(result.Problems);
    }

    private void AssertExports(PairedVaults paired, int index)
    {
        using var target = new TestTree();
        FolderExport.Run(paired[index].Vault, target.Root, new ExportOptions());
        Assert.Equal(_tree.Describe(), target.Describe());
    }

    private sealed class Callback(Action<FileProgress> report) : IProgress<FileProgress>
    {
        public void Report(FileProgress value) => report(value);
    }

    /// <summary>The second vault follows the first.</summary>
    private sealed class Following : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly ConcurrentQueue<NodeEvent> _events = new();
        private Task _running = Task.CompletedTask;

        public static async Task<Following> StartAsync(PairedVaults paired)
        {
            var following = new Following();
            var level = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            following._running = Task.Run(() => paired.Node(1).FollowAsync([paired.Address(0)], e =>
            {
                following._events.Enqueue(e);
                if (e.Kind is nameof(SessionSignal.UpToDate) or nameof(SessionSignal.Synced)) level.TrySetResult();
            }, following._stop.Token));
            await level.Task.WaitAsync(TimeSpan.FromSeconds(60));
            return following;
        }

        /// <summary>Ends the session and returns when it has ended: what is made after this call does not travel in it.</summary>
        public void Stop()
        {
            _stop.Cancel();
            Assert.True(_running.Wait(TimeSpan.FromSeconds(60)), "The session did not end.");
        }

        /// <summary>Waits until the second holds what the first does.</summary>
        public async Task LevelAsync(PairedVaults paired)
        {
            for (int i = 0; i < 3_000; i++)
            {
                if (paired[1].Vault.IsFull() && paired[1].Vault.HeldVector(Lane.Data).SameAs(paired[0].Vault.HeldVector(Lane.Data))) return;
                await Task.Delay(20);
            }

            Assert.Fail("It did not arrive: " + string.Join("; ", _events.Select(e => $"{e.Kind} {e.Detail} {e.Error?.Message}")));
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running;
            _stop.Dispose();
        }
    }
}
