using System.Runtime.Versioning;
using SyncModule.Engine.Files;
using SyncModule.Engine.Tests.Storage;
using SyncModule.Engine.Tests.Vaults;

namespace SyncModule.Engine.Tests.Files;

/// <summary>Files that move under the reader, cancelled runs, full disks: what is there afterwards is valid, and a second run completes it.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class InterruptionTests
{
    private static readonly ImportOptions Import = new();
    private static readonly ExportOptions Export = new();

    [UnixFact]
    public void A_file_that_grows_while_it_is_read_is_listed_or_taken_whole()
    {
        using var test = TestVault.Create();
        using var source = new TestTree();
        source.Write("quiet", "1");
        source.Write("busy", 3_000_000);
        using var stop = new CancellationTokenSource();
        long written = 3_000_000;
        var writer = new Thread(() =>
        {
            using var stream = new FileStream(source.At("busy"), FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
            for (byte i = 0; !stop.IsCancellationRequested && written < 64_000_000; i++)
            {
                stream.Write([i, i, i]);
                stream.Flush();
                written += 3;
            }
        });
        writer.Start();
        var imported = FolderImport.Run(test.Vault, source.Root, Import);
        stop.Cancel();
        writer.Join();
        Assert.Equal("1", test.Vault.GetText("quiet"));
        if (imported.Problems.Count > 0)
        {
            Assert.Equal(("busy", "FileChanging"), imported.Problems.Select(p => (p.Path, p.ErrorId)).Single());
            Assert.Null(test.Vault.Find("items", "busy"));
        }
        else Assert.Equal(File.ReadAllBytes(source.At("busy"))[..test.Vault.Get("busy").Length], test.Vault.Get("busy"));

        Assert.Empty(FolderImport.Run(test.Vault, source.Root, Import).Problems);
        Assert.Equal(File.ReadAllBytes(source.At("busy")), test.Vault.Get("busy"));
    }

    [UnixFact]
    public void A_cancelled_import_leaves_whole_versions_and_a_second_one_completes_it()
    {
        using var test = TestVault.Create();
        using var source = new TestTree();
        // Enough that the first report of progress, which cancels, comes long before the last file.
        const int Files = 150;
        for (int i = 0; i < Files; i++) source.Write($"f{i}", 700_000 + i, seed: i);
        using var stop = new CancellationTokenSource();
        var progress = new Callback(p =>
        {
            if (p.BytesDone > 0) stop.Cancel();
        });
        Assert.ThrowsAny<OperationCanceledException>(() => FolderImport.Run(test.Vault, source.Root, Import, progress, stop.Token));
        foreach (var item in test.Vault.Items()) Assert.Equal(File.ReadAllBytes(source.At(item.Key)), test.Vault.Get(item.Key));
        test.Reopen();
        var again = FolderImport.Run(test.Vault, source.Root, Import);
        Assert.Equal(Files, again.Files + again.Skipped);
        for (int i = 0; i < Files; i++) Assert.Equal(File.ReadAllBytes(source.At($"f{i}")), test.Vault.Get($"f{i}"));
    }

    [UnixFact]
    public void A_cancelled_export_leaves_whole_files_and_no_rest()
    {
        using var test = TestVault.Create();
        using var source = new TestTree();
        using var copy = new TestTree();
        for (int i = 0; i < 10; i++) source.Write($"f{i}", 500_000 + i, seed: i);
        FolderImport.Run(test.Vault, source.Root, Import);
        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => FolderExport.Run(test.Vault, copy.Root, Export, new Callback(_ => stop.Cancel()), stop.Token));
        var there = copy.Describe();
        Assert.InRange(there.Count, 1, 9);
        Assert.All(there, f => Assert.Equal(source.Describe()[f.Key], f.Value));
        var again = FolderExport.Run(test.Vault, copy.Root, Export);
        Assert.Equal(10, again.Files + again.Skipped);
        Assert.Equal(there.Count, again.Skipped);
        Assert.Equal(source.Describe(), copy.Describe());
    }

    [TemporaryDiskFact]
    public void A_full_disk_ends_an_export_with_whole_files_and_it_completes_later()
    {
        using var test = TestVault.Create();
        using var source = new TestTree();
        using var copy = new TestTree();
        for (int i = 0; i < 8; i++) source.Write($"f{i}", 300_000, seed: i);
        FolderImport.Run(test.Vault, source.Root, Import);
        using var disk = new TemporaryDisk(copy.Root, "1m");
        Assert.Equal(SyncErrors.DiskFull, Assert.Throws<SyncException>(() => FolderExport.Run(test.Vault, copy.Root, Export)).Kind);
        var there = copy.Describe();
        Assert.All(there, f => Assert.Equal(source.Describe()[f.Key], f.Value));
        disk.Grow("8m");
        Assert.Empty(FolderExport.Run(test.Vault, copy.Root, Export).Problems);
        Assert.Equal(source.Describe(), copy.Describe());
    }

    [TemporaryDiskFact]
    public void A_full_disk_of_the_vault_ends_an_import_and_it_completes_later()
    {
        using var outer = new TestTree();
        using var disk = new TemporaryDisk(outer.Root, "48m");
        using var test = TestVault.Create();
        test.Vault.Dispose();
        TestTree.Shell("mv \"$1\" \"$2\"/vault", test.Folder, outer.Root);
        using var source = new TestTree();
        for (int i = 0; i < 30; i++) source.Write($"f{i}", 2_000_000, seed: i);
        using (var small = TestVault.OpenAt(outer.At("vault"), test.Key))
        {
            Assert.Equal(SyncErrors.DiskFull, Assert.Throws<SyncException>(() => FolderImport.Run(small.Vault, source.Root, Import)).Kind);
            small.Vault.Dispose();
            disk.Grow("256m");
            small.Reopen();
            Assert.Empty(FolderImport.Run(small.Vault, source.Root, Import).Problems);
            for (int i = 0; i < 30; i++) Assert.Equal(File.ReadAllBytes(source.At($"f{i}")), small.Vault.Get($"f{i}"));
        }
    }

    private sealed class Callback(Action<FileProgress> report) : IProgress<FileProgress>
    {
        public void Report(FileProgress value) => report(value);
    }
}
