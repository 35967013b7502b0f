using System.Runtime.Versioning;
using SyncModule.Engine.Files;
using SyncModule.Engine.Tests.Storage;
using SyncModule.Engine.Tests.Vaults;
using SyncModule.Engine.Vaults;
using SyncModule.Tests.Shared;

namespace SyncModule.Engine.Tests.Files;

/// <summary>T17: keys are data of anybody who may write; nothing outside the folder is ever written.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class HostileNamesTests
{
    private static readonly ExportOptions Export = new();

    [VectorFact("names")]
    public void Naughty_strings_as_keys_write_nothing_outside_the_folder()
    {
        using var test = TestVault.Create();
        using var tree = new TestTree();
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in Vectors.Json("names", "blns.json").EnumerateArray())
        {
            string text = entry.GetString()!;
            try
            {
                keys.Add(ItemName.Check(text));
            }
            catch (SyncException e) when (e.Kind == SyncErrors.NameInvalid)
            {
                // No key at all.
            }
        }

        Assert.True(keys.Count > 400);
        foreach (string key in keys) test.Vault.Put(key, "naughty");
        var exported = FolderExport.Run(test.Vault, tree.Root, Export);
        Assert.Equal(["tree"], tree.Outside());
        Assert.Equal(keys.Count, exported.Files + exported.Problems.Count);
        Assert.All(exported.Problems, p => Assert.Equal("NameUnsafe", p.ErrorId));
        Assert.Equal(exported.Files, tree.Describe().Count);
        Assert.All(tree.Describe().Keys, path => Assert.Contains(path, keys));
    }

    [UnixTheory]
    [InlineData("../escape")]
    [InlineData("..")]
    [InlineData("a/../../escape")]
    [InlineData("/absolute")]
    [InlineData("a//b")]
    [InlineData("a/./b")]
    [InlineData("a/")]
    [InlineData("bell\u0007")]
    [InlineData("line\nbreak")]
    [InlineData("evil\u202Etxt.exe")]
    [InlineData("isolate\u2066x")]
    [InlineData(".syncmodule-0123456789abcdef.part")]
    public void A_key_that_is_no_path_is_refused_and_the_rest_is_exported(string key)
    {
        using var test = TestVault.Create();
        using var tree = new TestTree();
        test.Vault.Put(key, "attack");
        test.Vault.Put("good", "1");
        var exported = FolderExport.Run(test.Vault, tree.Root, Export with { Overwrite = true, Mirror = true });
        Assert.Equal("NameUnsafe", Assert.Single(exported.Problems).ErrorId);
        Assert.Equal(["good"], tree.Describe().Keys);
        Assert.Equal(["tree"], tree.Outside());
    }

    [Theory]
    [InlineData("CON")]
    [InlineData("nul.txt")]
    [InlineData("com1 .log")]
    [InlineData("LPT\u00B9")]
    [InlineData("C:\\x")]
    [InlineData("\\\\server\\share")]
    [InlineData("file:stream")]
    [InlineData("trailing.")]
    [InlineData("trailing ")]
    [InlineData("a/what?")]
    public void Windows_has_further_rules(string key)
    {
        Assert.NotNull(SafeName.Check(key, windows: true, out _));
        Assert.Null(SafeName.Check(key, windows: false, out _));
    }

    [Fact]
    public void A_component_has_at_most_255_bytes()
    {
        Assert.Null(SafeName.Check("a/" + new string('x', 255), windows: false, out _));
        Assert.NotNull(SafeName.Check("a/" + new string('x', 256), windows: false, out _));
        Assert.NotNull(SafeName.Check(new string('ü', 128), windows: false, out _));
    }

    [UnixFact]
    public void Planted_links_are_not_followed_and_not_replaced()
    {
        using var test = TestVault.Create();
        using var tree = new TestTree();
        Directory.CreateDirectory(Path.Combine(tree.Outer, "outside"));
        File.WriteAllText(Path.Combine(tree.Outer, "victim"), "precious");
        TestTree.Shell("cd \"$1\" && ln -s ../outside folder && ln -s ../victim file && mkdir deep && ln -s ../../outside deep/er", tree.Root);
        foreach (string key in new[] { "folder/x", "file", "deep/er/y", "deep/ok" }) test.Vault.Put(key, "attack");
        var exported = FolderExport.Run(test.Vault, tree.Root, Export);
        Assert.Equal(["deep/er/y", "file", "folder/x"], exported.Problems.Select(p => p.Path));
        Assert.All(exported.Problems, p => Assert.Equal("NameUnsafe", p.ErrorId));
        Assert.Equal("precious", File.ReadAllText(Path.Combine(tree.Outer, "victim")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(tree.Outer, "outside")));

        // When asked to overwrite, the link itself is replaced; a link in the way of a folder stays in the way.
        FolderExport.Run(test.Vault, tree.Root, Export with { Overwrite = true });
        Assert.Equal("precious", File.ReadAllText(Path.Combine(tree.Outer, "victim")));
        Assert.Equal("attack", tree.Read("file"));
        Assert.Null(new FileInfo(tree.At("file")).LinkTarget);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(tree.Outer, "outside")));
    }

    [UnixFact]
    public void A_link_from_the_vault_is_written_and_then_not_followed_by_other_keys()
    {
        using var test = TestVault.Create();
        using var source = new TestTree();
        using var tree = new TestTree();
        TestTree.Shell("cd \"$1\" && ln -s .. way", source.Root);
        FolderImport.Run(test.Vault, source.Root, new());
        test.Vault.Put("way/escaped", "attack");
        var exported = FolderExport.Run(test.Vault, tree.Root, Export);
        Assert.Equal(("way/escaped", "NameUnsafe"), exported.Problems.Select(p => (p.Path, p.ErrorId)).Single());
        Assert.Equal(["tree"], tree.Outside());
    }

    [UnixFact]
    public void A_file_and_a_folder_of_one_name_cannot_both_be_written()
    {
        using var test = TestVault.Create();
        using var tree = new TestTree();
        foreach (string key in new[] { "a", "a!", "a/b", "a/b/c" }) test.Vault.Put(key, "x");
        var exported = FolderExport.Run(test.Vault, tree.Root, Export);
        Assert.Equal(["a/b", "a/b/c"], exported.Problems.Select(p => p.Path));
        Assert.Equal(["a", "a!"], tree.Describe().Keys);
    }

    [Fact]
    public void Names_that_differ_in_case_only_collide_where_case_does_not_count()
    {
        using var test = TestVault.Create();
        foreach (string key in new[] { "Readme", "README", "stra\u00DFe", "other/x", "OTHER" }) test.Vault.Put(key, "x");
        var ignoring = new ExportPlan(test.Vault, "items", "", new ExportNames(ignoreCase: true));
        ignoring.Make(CancellationToken.None);
        Assert.Equal(["OTHER", "README", "stra\u00DFe"], ignoring.Present.Select(p => p.Path));
        Assert.Equal(["Readme", "other/x"], ignoring.Problems.Select(p => p.Path));
        var exact = new ExportPlan(test.Vault, "items", "", new ExportNames(ignoreCase: false));
        exact.Make(CancellationToken.None);
        Assert.Equal(5, exact.Present.Count);
    }
}
