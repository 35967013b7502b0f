using System.Runtime.Versioning;
using SyncModule.Core.Merging;
using SyncModule.Engine.Files;
using SyncModule.Engine.Tests.Storage;
using SyncModule.Engine.Tests.Vaults;

namespace SyncModule.Engine.Tests.Files;

/// <summary>Imports of single paths and of lists: names, bases, and what is refused.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class PathImportTests : IDisposable
{
    private readonly TestVault _test = TestVault.Create();
    private readonly TestTree _tree = new();

    [UnixFact]
    public void Names_are_relative_to_the_root_and_a_named_path_outside_goes_by_its_last_name()
    {
        using var elsewhere = new TestTree();
        _tree.Write("notes/a", "1");
        _tree.Write("notes/sub/b", "2");
        _tree.Write("single", "3");
        elsewhere.Write("far/c", "4");
        elsewhere.Write("d", "5");

        var result = Import([_tree.At("notes"), _tree.At("single"), elsewhere.At("far/"), elsewhere.At("d")], []);
        Assert.Empty(result.Problems);
        Assert.Equal(["d", "far/c", "notes/a", "notes/sub/b", "single"], Names());
        Assert.Equal((5, 5), (result.Files, result.Bytes));

        Import([_tree.Root], [], new() { Prefix = "all/" });
        Assert.Equal(["all/notes/a", "all/notes/sub/b", "all/single"], Names().Where(n => n.StartsWith("all/", StringComparison.Ordinal)));
    }

    [UnixFact]
    public void A_list_takes_each_file_once_and_refuses_what_lies_outside_of_the_root()
    {
        using var elsewhere = new TestTree();
        _tree.Write("notes/a", "1");
        _tree.Write("notes/sub/b", "2");
        Directory.CreateDirectory(_tree.At("notes/empty"));
        TestTree.Shell("ln -s a \"$1/notes/link\"; ln -s notes \"$1/way\"", _tree.Root);
        elsewhere.Write("a", "other");

        var result = Import([], [_tree.At("notes"), _tree.At("notes/a"), _tree.At("notes/a"), _tree.At("notes/sub/b"), _tree.At("notes/empty"), _tree.At("notes/link"), _tree.At("notes/none"), _tree.At("way/a"), elsewhere.At("a")], new() { Recurse = false });
        Assert.Equal(["notes/a", "notes/empty", "notes/link", "notes/sub/b"], Names());
        Assert.Equal([(elsewhere.At("a"), "PathOutside"), (_tree.At("notes/none"), "FileNotFound"), (_tree.At("way/a"), "FileNotFound")], result.Problems.Select(p => (p.Path, p.ErrorId)));
        Assert.Equal(0, result.FoldersLeftOut);
    }

    [UnixFact]
    public void Two_files_of_one_name_are_not_mixed()
    {
        using var elsewhere = new TestTree();
        elsewhere.Write("x/same", "first");
        elsewhere.Write("y/same", "second");
        var result = Import([elsewhere.At("x/same"), elsewhere.At("y/same")], []);
        Assert.Equal("first", _test.Vault.GetText("same"));
        Assert.Equal((elsewhere.At("y/same"), "NameInvalid"), result.Problems.Select(p => (p.Path, p.ErrorId)).Single());
        Assert.Contains(elsewhere.At("x/same"), result.Problems[0].Message, StringComparison.Ordinal);
    }

    [UnixFact]
    public void Without_recursion_only_the_files_of_a_folder_are_taken_and_its_folders_counted()
    {
        _tree.Write("notes/a", "1");
        _tree.Write("notes/sub/b", "2");
        var result = Import([_tree.At("notes")], [], new() { Recurse = false });
        Assert.Equal(["notes/a"], Names());
        Assert.Equal(1, result.FoldersLeftOut);
    }

    [UnixFact]
    public void One_file_has_one_base_by_whatever_way_it_comes()
    {
        _tree.Write("notes/a", "1");
        Import([_tree.At("notes")], []);
        _tree.Write("notes/a", "edited");
        Assert.Equal(1, Import([], [_tree.At("notes/a")]).Files);
        Assert.Single(_test.Vault.Find("items", "notes/a")!.Item!.Heads);
        _tree.Write("notes/a", "again");
        Assert.Equal(1, FolderImport.Run(_test.Vault, _tree.At("notes"), new() { Prefix = "notes" }).Files);
        Assert.Single(_test.Vault.Find("items", "notes/a")!.Item!.Heads);
        Assert.Equal(0, FolderImport.Run(_test.Vault, _tree.Root, new()).ContentReads);

        // An export to where it came from is right already, and a later one replaces what the first wrote.
        Assert.Equal(1, FolderExport.Run(_test.Vault, _tree.At("notes"), [new("notes")], new()).Skipped);
        _test.Vault.Put("notes/a", "from elsewhere");
        Assert.Equal(1, FolderExport.Run(_test.Vault, _tree.Root, [new("", k => k == "notes/a")], new()).Files);
        Assert.Equal("from elsewhere", _tree.Read("notes/a"));
    }

    [UnixFact]
    public void A_mirror_takes_whole_folders_only()
    {
        _tree.Write("notes/a", "1");
        _tree.Write("notes/b", "2");
        Assert.Equal("UsageWrong", Assert.Throws<SyncException>(() => Import([], [_tree.At("notes/a")], new() { Mirror = true })).ErrorId);
        Assert.Equal("UsageWrong", Assert.Throws<SyncException>(() => Import([_tree.At("notes")], [], new() { Mirror = true, Recurse = false })).ErrorId);
        Assert.Empty(Names());
        Import([_tree.At("notes")], []);
        File.Delete(_tree.At("notes/b"));
        Assert.Equal(1, Import([_tree.At("notes")], [], new() { Mirror = true }).Deleted);
        Assert.Equal(["notes/a"], Names());
    }

    [UnixFact]
    public void A_folder_that_is_not_there_does_not_stop_the_others()
    {
        _tree.Write("a", "1");
        var result = Import([_tree.At("none"), _tree.At("none/at/all"), _tree.At("a")], []);
        Assert.Equal(["a"], Names());
        Assert.Equal([_tree.At("none"), _tree.At("none/at/all")], result.Problems.Select(p => p.Path));
        Assert.All(result.Problems, p => Assert.Equal("FileNotFound", p.ErrorId));
    }

    [UnixFact]
    public void The_vaults_own_files_are_left_out()
    {
        _tree.Write("a", "1");
        string vault = _test.Folder;
        var result = PathImport.Run(_test.Vault, new(Path.GetDirectoryName(vault)!, [], [.. Directory.EnumerateFiles(vault, "*", SearchOption.AllDirectories)]), new());
        Assert.Empty(result.Problems);
        Assert.Empty(Names());
    }

    [UnixFact]
    public void Selections_of_an_export_do_not_overwrite_each_other()
    {
        _test.Vault.Put("x/same", "first");
        _test.Vault.Put("y/same", "second");
        _test.Vault.Put("y/other", "third");
        var result = FolderExport.Run(_test.Vault, _tree.Root, [new("x"), new("y"), new("y", k => k == "y/other")], new() { Overwrite = true });
        Assert.Equal("first", _tree.Read("same"));
        Assert.Equal("third", _tree.Read("other"));
        Assert.Equal(("same", "NameUnsafe"), result.Problems.Select(p => (p.Path, p.ErrorId)).Single());
        Assert.Equal((2, 1), (result.Files, result.Skipped));
    }

    public void Dispose()
    {
        _test.Dispose();
        _tree.Dispose();
    }

    private ImportResult Import(IReadOnlyList<string> named, IReadOnlyList<string> listed, ImportOptions? options = null) =>
        PathImport.Run(_test.Vault, new(_tree.Root, named, listed), options ?? new());

    private List<string> Names() => [.. _test.Vault.Items().Where(i => View.Of(i).Status == ItemStatus.Item).Select(i => i.Key)];
}
