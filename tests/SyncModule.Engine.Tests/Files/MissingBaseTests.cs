using System.Runtime.Versioning;
using SyncModule.Engine.Files;
using SyncModule.Engine.Tests.Storage;
using SyncModule.Engine.Tests.Vaults;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Files;

/// <summary>What a command leaves that was killed between its files and their bases: the vault's own versions, which are nobody's edit (docs/decisions/051).</summary>
[UnsupportedOSPlatform("windows")]
public sealed class MissingBaseTests
{
    private static readonly ImportOptions Import = new();
    private static readonly ExportOptions Export = new();

    [UnixFact]
    public void An_exported_file_without_a_base_is_replaced_by_the_next_version()
    {
        using var test = TestVault.Create();
        using var tree = new TestTree();
        test.Vault.Put("doc", "first");
        FolderExport.Run(test.Vault, tree.Root, Export);
        Forget(test.Vault);
        test.Vault.Put("doc", "second");
        var result = FolderExport.Run(test.Vault, tree.Root, Export);
        Assert.Empty(result.Problems);
        Assert.Equal("second", tree.Read("doc"));
    }

    [UnixFact]
    public void An_exported_file_whose_base_is_that_of_the_version_before_is_replaced_and_never_imported_as_an_edit()
    {
        using var test = TestVault.Create();
        using var tree = new TestTree();
        test.Vault.Put("doc", "first");
        FolderExport.Run(test.Vault, tree.Root, Export);
        var bases = Bases(test.Vault);
        test.Vault.Put("doc", "second");
        FolderExport.Run(test.Vault, tree.Root, Export);
        Restore(test.Vault, bases);
        test.Vault.Put("doc", "third");

        Assert.Equal(0, FolderImport.Run(test.Vault, tree.Root, Import).Files);
        Assert.Equal("third", test.Vault.GetText("doc"));
        Assert.Empty(test.Vault.MergeRecords());
        Restore(test.Vault, bases);
        Assert.Empty(FolderExport.Run(test.Vault, tree.Root, Export).Problems);
        Assert.Equal("third", tree.Read("doc"));
    }

    [UnixFact]
    public void An_edit_without_a_base_and_one_that_brings_an_older_version_back_stay()
    {
        using var test = TestVault.Create();
        using var tree = new TestTree();
        test.Vault.Put("doc", "first");
        test.Vault.Put("other", "first");
        FolderExport.Run(test.Vault, tree.Root, Export);
        test.Vault.Put("doc", "second");
        FolderExport.Run(test.Vault, tree.Root, Export);
        test.Vault.Put("doc", "third");
        test.Vault.Put("other", "second");
        tree.Write("doc", "first");
        tree.Write("other", "an edit");

        var result = FolderExport.Run(test.Vault, tree.Root, Export);
        Assert.Equal([("doc", "LocalChanges"), ("other", "LocalChanges")], result.Problems.Select(p => (p.Path, p.ErrorId)));
        Assert.Equal("first", tree.Read("doc"));
        Assert.Equal("an edit", tree.Read("other"));
        Assert.Equal(2, FolderImport.Run(test.Vault, tree.Root, Import).Files);
        Assert.Equal(2, test.Vault.MergeRecords().Count); // both in sight
        Forget(test.Vault);
        tree.Write("other", "another edit");
        Assert.Contains(FolderExport.Run(test.Vault, tree.Root, new ExportOptions()).Problems, p => p is { Path: "other", ErrorId: "LocalChanges" });
        Assert.Equal("another edit", tree.Read("other"));
    }

    private static void Forget(Vault vault) => Restore(vault, []);

    private static List<(byte[] Key, byte[] Row)> Bases(Vault vault)
    {
        using var transaction = vault.Local.Begin(write: false);
        return [.. transaction.Scan(LocalTables.ImportBase).Select(r => (r.Key.ToArray(), r.Value.ToArray()))];
    }

    // The table as it was before the command that was killed.
    private static void Restore(Vault vault, List<(byte[] Key, byte[] Row)> bases)
    {
        using var transaction = vault.Local.Begin(write: true);
        foreach (var (key, _) in transaction.Scan(LocalTables.ImportBase).Select(r => (r.Key.ToArray(), r.Value)).ToList()) transaction.Delete(LocalTables.ImportBase, key);
        foreach (var (key, row) in bases) transaction.Put(LocalTables.ImportBase, key, row);
        transaction.Commit();
    }
}
