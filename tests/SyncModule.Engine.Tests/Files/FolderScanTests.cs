using SyncModule.Engine.Files;
using SyncModule.Engine.Tests.Vaults;

namespace SyncModule.Engine.Tests.Files;

/// <summary>A folder is read while the rest of it is listed.</summary>
public sealed class FolderScanTests
{
    private const int Many = (2 * FolderScan.LotSize) + 100;

    [Fact]
    public void What_was_found_can_be_taken_before_the_rest_is_listed_and_comes_in_one_order()
    {
        using var test = TestVault.Create();
        using var source = new TestTree();
        for (int i = 0; i < FolderScan.LotSize + 1; i++) source.Write($"a{i:D5}", "1");
        for (int i = 0; i < Many - FolderScan.LotSize - 1; i++) source.Write($"below/b{i:D5}", "22");
        using var root = FolderHandle.Open(source.Root);
        var scan = new FolderScan(root, test.Vault.OwnFolder, "", recurse: true, new ImportedKeys());
        scan.Begin();
        Assert.True(scan.TryTake(out var first, CancellationToken.None));
        Assert.Equal(FolderScan.LotSize, first.Count);
        Assert.False(scan.IsComplete);
        scan.Run(CancellationToken.None);
        scan.EndLots();
        Assert.True(scan.IsComplete);
        Assert.Equal(Many, scan.Files);
        Assert.Equal(FolderScan.LotSize + 1 + (2 * (Many - FolderScan.LotSize - 1)), scan.Bytes);
        var all = first.ToList();
        while (scan.TryTake(out var lot, CancellationToken.None)) all.AddRange(lot);
        Assert.Equal(Many, all.Count);
        Assert.Equal(all.Select(f => f.Path).Order(StringComparer.Ordinal), all.Select(f => f.Path));
    }

    [Fact]
    public void A_listing_that_was_given_up_ends_its_lots_and_is_not_complete()
    {
        using var test = TestVault.Create();
        using var source = new TestTree();
        source.Write("below/one", "1");
        using var root = FolderHandle.Open(source.Root);
        var scan = new FolderScan(root, test.Vault.OwnFolder, "", recurse: true, new ImportedKeys());
        scan.Begin();
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => scan.Run(stop.Token));
        scan.EndLots();
        Assert.False(scan.IsComplete);
        Assert.False(scan.TryTake(out _, CancellationToken.None));
    }

    [Fact]
    public void Totals_that_progress_tells_never_change()
    {
        using var test = TestVault.Create();
        using var source = new TestTree();
        for (int i = 0; i < Many; i++) source.Write($"{i % 7}/f{i}", "x" + i);
        var told = new List<FileProgress>();
        var result = FolderImport.Run(test.Vault, source.Root, new(), new Callback(told.Add));
        Assert.Equal(Many, result.Files);
        Assert.NotEmpty(told);
        Assert.All(told, p => Assert.Equal((Many, result.Bytes), (p.FilesTotal, p.BytesTotal)));
        Assert.Equal(Many, told[^1].FilesDone);
    }

    private sealed class Callback(Action<FileProgress> report) : IProgress<FileProgress>
    {
        public void Report(FileProgress value)
        {
            report(value);
        }
    }
}
