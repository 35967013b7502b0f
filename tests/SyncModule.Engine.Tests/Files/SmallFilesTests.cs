using System.Runtime.Versioning;
using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;
using SyncModule.Engine.Files;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Tests.Storage;
using SyncModule.Engine.Tests.Vaults;

namespace SyncModule.Engine.Tests.Files;

[UnsupportedOSPlatform("windows")]
public sealed class SmallFilesTests
{
    private static readonly int[] Sizes = [0, 1, 63, 64, 65, 1000, 4095, 4096];

    [UnixFact]
    public void Many_small_files_are_committed_while_others_are_read_and_are_what_they_were()
    {
        using var test = TestVault.Create();
        using var source = new TestTree();
        using var copy = new TestTree();
        var written = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        for (int i = 0; i < 2600; i++) written[$"d{i % 7}/f{i}"] = source.Write($"d{i % 7}/f{i}", Sizes[i % Sizes.Length], seed: i);
        int commits = 0;
        test.Vault.Changed += () => commits++;
        var imported = FolderImport.Run(test.Vault, source.Root, new ImportOptions());
        Assert.Empty(imported.Problems);
        Assert.Equal(written.Count, imported.Files);
        Assert.Equal(written.Values.Sum(b => (long)b.Length), imported.NewBytes);
        Assert.InRange(commits, 2, 20); // each about a thousand files, none of them one

        var genesis = test.Vault.Keys.Genesis;
        foreach (var (key, bytes) in written)
        {
            var head = View.Of(test.Vault.Find("items", key)!).Winner!;
            Assert.Equal(genesis.ContentOf(Digest.Hash(bytes)), head.Content);
            Assert.Null(head.Value!.Reference); // no object was made
            Assert.Equal(bytes.Length, head.Value.Length);
        }

        Assert.Equal(imported.Files, FolderExport.Run(test.Vault, copy.Root, new ExportOptions()).Files);
        Assert.Equal(source.Describe(), copy.Describe());
        var again = FolderImport.Run(test.Vault, source.Root, new ImportOptions());
        Assert.Equal((0, imported.Files, 0), (again.Files, again.Skipped, again.ContentReads));
    }

    [UnixFact]
    public void Small_and_large_files_side_by_side_come_back()
    {
        using var test = TestVault.Create();
        using var source = new TestTree();
        using var copy = new TestTree();
        for (int i = 0; i < 3000; i++) source.Write($"f{i:D4}", i % 500 == 499 ? 2_000_000 : i % 100 == 99 ? 40_000 : 100 + (i % 50), seed: i);
        Assert.Equal(3000, FolderImport.Run(test.Vault, source.Root, new ImportOptions()).Files);
        Assert.True(test.Vault.Status().Full);
        FolderExport.Run(test.Vault, copy.Root, new ExportOptions());
        Assert.Equal(source.Describe(), copy.Describe());
    }

    [UnixFact]
    public void A_file_read_in_one_go_is_what_open_read_and_stat_say()
    {
        using var tree = new TestTree();
        byte[] bytes = tree.Write("Grüße", 1000);
        tree.Write("empty", 0);
        using var folder = FolderHandle.Open(tree.Root);
        foreach (string name in (string[])["Grüße", "empty"])
        {
            var buffer = new byte[1001];
            int read = folder.ReadOnce(name, buffer, out var facts);
            using var reader = folder.OpenFile(name);
            Assert.Equal(reader.Stat(), facts);
            Assert.Equal(facts.Size, read);
            Assert.Equal(name == "empty" ? [] : bytes, buffer[..read]);
            Assert.Equal(Math.Min(500, read), folder.ReadOnce(name, buffer.AsSpan(0, 500), out _)); // what has grown fills the buffer
        }
    }

    [UnixFact]
    public void A_read_in_one_go_follows_no_link_and_waits_for_no_pipe()
    {
        using var tree = new TestTree();
        tree.Write("secret", 10);
        TestTree.Shell("cd \"$1\" && ln -s secret link && mkfifo pipe && mkdir folder", tree.Root);
        using var folder = FolderHandle.Open(tree.Root);
        var buffer = new byte[100];
        Assert.Throws<DiskException>(() => folder.ReadOnce("link", buffer, out _));
        Assert.Throws<DiskException>(() => folder.ReadOnce("folder", buffer, out _));
        Assert.Equal(DiskFailure.NotFound, Assert.Throws<DiskException>(() => folder.ReadOnce("absent", buffer, out _)).Failure);
        Assert.Equal(DiskFailure.NotFound, Assert.Throws<DiskException>(() => folder.ReadOnce(new string('x', 2000), buffer, out _)).Failure);
        foreach (string name in (string[])["../tree/secret", "..", "", "a/b", "a\0b"]) Assert.Throws<ArgumentException>(() => folder.ReadOnce(name, buffer, out _));
        Assert.Equal(0, folder.ReadOnce("pipe", buffer, out var facts));
        Assert.Equal(EntryKind.Other, facts.Kind);
        for (int i = 0; i < 3000; i++) folder.ReadOnce("secret", buffer, out _); // descriptors are given back
        Assert.Equal(10, folder.ReadOnce("secret", buffer, out _));
    }
}
