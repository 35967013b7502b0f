using System.Runtime.Versioning;
using SyncModule.Core.Model;
using SyncModule.Engine.Files;
using SyncModule.Engine.Tests.Storage;
using SyncModule.Engine.Tests.Vaults;

namespace SyncModule.Engine.Tests.Files;

[UnsupportedOSPlatform("windows")]
public sealed class RoundTripTests
{
    private static readonly ImportOptions Import = new();
    private static readonly ExportOptions Export = new();

    [UnixFact]
    public void A_tree_comes_back_byte_for_byte_with_modes_times_links_and_empty_folders()
    {
        using var test = TestVault.Create();
        using var source = new TestTree();
        using var copy = new TestTree();
        long bytes = 0;
        int[] sizes = [0, 1, 4095, 4096, 4097, 16_383, 65_536, 262_144, 262_145, 1_048_577, 5_000_011];
        foreach (int size in sizes) bytes += source.Write($"sizes/{size % 7}/file {size}.bin", size).Length;
        source.Write("unicode/Grüße 你好 🜁.txt", "hello");
        source.Write("new\\line/back\\slash", "kept");
        source.Write("run.sh", "#!/bin/sh\n");
        File.SetUnixFileMode(source.At("run.sh"), (UnixFileMode)0x1ED);
        source.Write("secret", "s");
        File.SetUnixFileMode(source.At("secret"), (UnixFileMode)0x100);
        Directory.CreateDirectory(source.At("empty/one"));
        File.SetUnixFileMode(source.At("empty/one"), (UnixFileMode)0x1C0);
        TestTree.Shell("cd \"$1\" && ln -s run.sh link && ln -s nowhere dangling && ln -s /etc/passwd absolute && ln -s loop loop && ln -s .. up && touch -h -d '1999-12-31 23:59:59.123456789 UTC' dangling && touch -d '2001-02-03 04:05:06.000000001 UTC' run.sh && touch -d '1965-05-05 05:05:05.987654321 UTC' secret && touch -d '2011-01-01 00:00:00.5 UTC' empty/one", source.Root);

        var imported = FolderImport.Run(test.Vault, source.Root, Import);
        Assert.Empty(imported.Problems);
        Assert.Equal(sizes.Length + 10, imported.Files);
        Assert.Equal(0, imported.Skipped);

        var exported = FolderExport.Run(test.Vault, copy.Root, Export);
        Assert.Empty(exported.Problems);
        Assert.Equal(imported.Files, exported.Files);
        Assert.Equal(imported.Bytes, exported.NewBytes);
        Assert.Equal(source.Describe(), copy.Describe());
        Assert.Equal(["tree"], copy.Outside());
        Assert.True(test.Vault.Status().Full);
    }

    [UnixFact]
    public void An_untouched_tree_is_neither_read_nor_written_again()
    {
        using var test = TestVault.Create();
        using var source = new TestTree();
        for (int i = 0; i < 40; i++) source.Write($"d{i % 3}/f{i}", i * 977);
        Assert.Equal(40, FolderImport.Run(test.Vault, source.Root, Import).ContentReads);
        ulong before = Tip(test);
        var again = FolderImport.Run(test.Vault, source.Root, Import);
        Assert.Equal((0, 40, 0), (again.Files, again.Skipped, again.NewBytes));
        Assert.Equal(0, again.ContentReads);
        Assert.Equal(before, Tip(test));
    }

    [UnixFact]
    public void A_touched_file_is_read_and_found_equal()
    {
        using var test = TestVault.Create();
        using var source = new TestTree();
        source.Write("a", 100_000);
        FolderImport.Run(test.Vault, source.Root, Import);
        ulong before = Tip(test);
        TestTree.Shell("touch \"$1\"/a", source.Root);
        var again = FolderImport.Run(test.Vault, source.Root, Import);
        Assert.Equal((0, 1), (again.Files, again.Skipped));
        Assert.Equal(before, Tip(test));
    }

    [UnixFact]
    public void A_changed_mode_is_a_change_and_stores_nothing_again()
    {
        using var test = TestVault.Create();
        using var source = new TestTree();
        using var copy = new TestTree();
        source.Write("a", 100_000);
        FolderImport.Run(test.Vault, source.Root, Import);
        File.SetUnixFileMode(source.At("a"), (UnixFileMode)0x1C9);
        var again = FolderImport.Run(test.Vault, source.Root, Import);
        Assert.Equal((1, 0), (again.Files, again.NewBytes));
        FolderExport.Run(test.Vault, copy.Root, Export);
        Assert.Equal((UnixFileMode)0x1C9, File.GetUnixFileMode(copy.At("a")));
    }

    [UnixFact]
    public void A_second_export_writes_nothing_and_one_over_an_equal_tree_adopts_it()
    {
        using var test = TestVault.Create();
        using var source = new TestTree();
        using var copy = new TestTree();
        for (int i = 0; i < 20; i++) source.Write($"d/f{i}", i * 1000);
        FolderImport.Run(test.Vault, source.Root, Import);
        Assert.Equal(20, FolderExport.Run(test.Vault, copy.Root, Export).Files);
        var again = FolderExport.Run(test.Vault, copy.Root, Export);
        Assert.Equal((0, 20, 0), (again.Files, again.Skipped, again.NewBytes));
        Assert.Equal(20, FolderImport.Run(test.Vault, copy.Root, Import).Skipped);
        Assert.Equal(20, FolderExport.Run(test.Vault, source.Root, Export).Skipped);
    }

    [UnixFact]
    public void Names_that_are_not_utf8_and_pipes_are_listed_and_the_rest_is_imported()
    {
        using var test = TestVault.Create();
        using var source = new TestTree();
        source.Write("good", "1");
        TestTree.Shell("cd \"$1\" && printf x > \"$(printf 'bad\\377name')\" && mkdir \"$(printf 'dir\\200')\" && mkfifo pipe && ln -s \"$(printf 'to\\376')\" strange", source.Root);
        var imported = FolderImport.Run(test.Vault, source.Root, Import);
        Assert.Equal(1, imported.Files);
        Assert.Equal(["FileUnreadable", "NameInvalid", "NameInvalid", "NameInvalid"], imported.Problems.Select(p => p.ErrorId).Order(StringComparer.Ordinal));
        Assert.Equal("1", test.Vault.GetText("good"));
    }

    [UnixFact]
    public void Two_spellings_of_one_name_are_one_item_and_the_second_is_listed()
    {
        using var test = TestVault.Create();
        using var source = new TestTree();
        source.Write("caf\u00e9", "composed");
        source.Write("cafe\u0301", "decomposed");
        var imported = FolderImport.Run(test.Vault, source.Root, Import);
        Assert.Equal(1, imported.Files);
        Assert.Equal("NameInvalid", Assert.Single(imported.Problems).ErrorId);
    }

    [UnixFact]
    public void A_prefix_stands_before_the_keys_and_is_taken_off_again()
    {
        using var test = TestVault.Create();
        using var source = new TestTree();
        using var copy = new TestTree();
        source.Write("x/y", "deep");
        test.Vault.Put("other", "not exported");
        FolderImport.Run(test.Vault, source.Root, Import with { Prefix = "/backup/home/" });
        Assert.Equal("deep", test.Vault.GetText("backup/home/x/y"));
        FolderExport.Run(test.Vault, copy.Root, Export with { Prefix = "backup/home" });
        Assert.Equal(["x/y"], copy.Describe().Keys);
    }

    [UnixFact]
    public void A_plain_value_becomes_a_private_file_and_is_no_change_when_it_comes_back()
    {
        using var test = TestVault.Create();
        using var copy = new TestTree();
        test.Vault.Put("note", "text");
        FolderExport.Run(test.Vault, copy.Root, Export);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(copy.At("note")));
        Assert.Equal((0, 1), Counts(FolderImport.Run(test.Vault, copy.Root, Import)));
    }

    [UnixFact]
    public void The_vaults_own_folder_is_neither_imported_nor_written_into()
    {
        using var test = TestVault.Create();
        string around = Path.GetDirectoryName(test.Folder)!;
        using var tree = new TestTree();
        TestTree.Shell("ln -s \"$1\" \"$2\"/door", around, tree.Root);
        Assert.Equal(SyncErrors.UsageWrong, Assert.Throws<SyncException>(() => FolderImport.Run(test.Vault, test.Folder, Import)).Kind);
        Assert.Equal(SyncErrors.UsageWrong, Assert.Throws<SyncException>(() => FolderExport.Run(test.Vault, Path.Combine(test.Folder, "packs", "out"), Export)).Kind);

        Directory.CreateDirectory(tree.At("sub"));
        test.Vault.Dispose();
        Directory.Move(test.Folder, tree.At("sub/vault"));
        using var nested = TestVault.OpenAt(tree.At("sub/vault"), test.Key);
        tree.Write("sub/file", "1");
        Assert.Equal((1, 0), Counts(FolderImport.Run(nested.Vault, tree.Root, Import with { Prefix = "" }), skipLinks: 1));
        nested.Vault.Put("sub/vault/vault.json", "overwritten");
        var exported = FolderExport.Run(nested.Vault, tree.Root, Export with { Overwrite = true });
        Assert.Equal("NameUnsafe", Assert.Single(exported.Problems).ErrorId);
        nested.Reopen();
    }

    private static (long Files, long Skipped) Counts(ImportResult result, int skipLinks = 0) => (result.Files - skipLinks, result.Skipped);

    private static ulong Tip(TestVault test) => test.Vault.HeldVector(Lane.Data).Logs.Single().Value.Single().Sequence;
}
