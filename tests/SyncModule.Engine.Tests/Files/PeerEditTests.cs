using System.Runtime.Versioning;
using SyncModule.Core.Merging;
using SyncModule.Engine.Files;
using SyncModule.Engine.Tests.Storage;
using SyncModule.Engine.Tests.Vaults;

namespace SyncModule.Engine.Tests.Files;

/// <summary>The base rules of format-1 §15 with two replicas: files that somebody forgot never undo what somebody else did.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class PeerEditTests
{
    private static readonly ImportOptions Import = new();
    private static readonly ExportOptions Export = new();

    [UnixFact]
    public void Importing_untouched_files_leaves_a_peers_edit_standing()
    {
        using var replicas = new Replicas();
        using var tree = new TestTree();
        replicas.Here.Vault.Put("doc", "first");
        FolderExport.Run(replicas.Here.Vault, tree.Root, Export);
        replicas.Sync();
        replicas.There.Vault.Put("doc", "second");
        replicas.Sync();

        Assert.Equal((0, 1), Counts(FolderImport.Run(replicas.Here.Vault, tree.Root, Import)));
        replicas.Sync();
        Assert.Equal("second", replicas.Here.Vault.GetText("doc"));
        Assert.Equal("second", replicas.There.Vault.GetText("doc"));
        Assert.Empty(replicas.There.Vault.MergeRecords());
        FolderExport.Run(replicas.Here.Vault, tree.Root, Export);
        Assert.Equal("second", tree.Read("doc"));
    }

    [UnixFact]
    public void Importing_an_edited_file_against_a_newer_version_keeps_both_in_sight()
    {
        using var replicas = new Replicas();
        using var tree = new TestTree();
        tree.Write("doc", "first");
        FolderImport.Run(replicas.Here.Vault, tree.Root, Import);
        replicas.Sync();
        replicas.There.Vault.Put("doc", "theirs");
        replicas.Sync();
        tree.Write("doc", "mine");

        Assert.Equal((1, 0), Counts(FolderImport.Run(replicas.Here.Vault, tree.Root, Import)));
        replicas.Sync();
        foreach (var vault in new[] { replicas.Here.Vault, replicas.There.Vault })
        {
            var state = vault.Find("items", "doc")!;
            Assert.True(View.Of(state).HasConflict);
            Assert.Equal(["mine", "theirs"], state.Item!.Heads.Select(h => System.Text.Encoding.UTF8.GetString(h.Value!.Inline.Span)).Order(StringComparer.Ordinal));
        }

        // What was put is the new base: a further edit replaces it and leaves the other version where it is.
        tree.Write("doc", "mine again");
        FolderImport.Run(replicas.Here.Vault, tree.Root, Import);
        Assert.Equal(2, replicas.Here.Vault.Find("items", "doc")!.Item!.Heads.Count);
    }

    [UnixFact]
    public void An_edited_file_of_a_deleted_item_competes_with_the_deletion()
    {
        using var replicas = new Replicas();
        using var tree = new TestTree();
        tree.Write("doc", "first");
        FolderImport.Run(replicas.Here.Vault, tree.Root, Import);
        replicas.Sync();
        replicas.There.Vault.Delete("items", ["doc"]);
        replicas.Sync();
        tree.Write("doc", "edited");
        Assert.Equal((1, 0), Counts(FolderImport.Run(replicas.Here.Vault, tree.Root, Import)));
        Assert.True(View.Of(replicas.Here.Vault.Find("items", "doc")!).HasConflict);
    }

    [UnixFact]
    public void An_untouched_file_of_a_deleted_item_brings_nothing_back()
    {
        using var replicas = new Replicas();
        using var tree = new TestTree();
        tree.Write("doc", "first");
        FolderImport.Run(replicas.Here.Vault, tree.Root, Import);
        replicas.Sync();
        replicas.There.Vault.Delete("items", ["doc"]);
        replicas.Sync();
        Assert.Equal((0, 1), Counts(FolderImport.Run(replicas.Here.Vault, tree.Root, Import)));
        Assert.Equal(ItemStatus.Deleted, View.Of(replicas.Here.Vault.Find("items", "doc")!).Status);

        var listed = FolderExport.Run(replicas.Here.Vault, tree.Root, Export);
        Assert.Equal("doc", Assert.Single(listed.KeptBack).Path);
        Assert.True(File.Exists(tree.At("doc")));
        Assert.Equal(1, FolderExport.Run(replicas.Here.Vault, tree.Root, Export with { Mirror = true }).Deleted);
        Assert.False(File.Exists(tree.At("doc")));
    }

    [UnixFact]
    public void An_old_copy_without_a_base_does_not_undo_what_came_after_it()
    {
        using var test = TestVault.Create();
        using var tree = new TestTree();
        using var usbStick = new TestTree();
        tree.Write("doc", "first");
        usbStick.Write("doc", "first");
        FolderImport.Run(test.Vault, tree.Root, Import);
        tree.Write("doc", "second");
        FolderImport.Run(test.Vault, tree.Root, Import);
        Assert.Equal((0, 1), Counts(FolderImport.Run(test.Vault, usbStick.Root, Import)));
        Assert.Equal("second", test.Vault.GetText("doc"));
        Assert.False(View.Of(test.Vault.Find("items", "doc")!).HasConflict);
        FolderExport.Run(test.Vault, usbStick.Root, Export);
        Assert.Equal("second", usbStick.Read("doc"));
    }

    [UnixFact]
    public void A_file_without_a_base_that_differs_competes_with_the_item()
    {
        using var test = TestVault.Create();
        using var tree = new TestTree();
        test.Vault.Put("doc", "of the vault");
        tree.Write("doc", "of the folder");
        Assert.Equal((1, 0), Counts(FolderImport.Run(test.Vault, tree.Root, Import)));
        Assert.Equal(2, test.Vault.Find("items", "doc")!.Item!.Heads.Count);
    }

    [UnixFact]
    public void Local_changes_are_not_overwritten_unless_asked()
    {
        using var replicas = new Replicas();
        using var tree = new TestTree();
        replicas.Here.Vault.Put("doc", "first");
        replicas.Here.Vault.Put("other", "first");
        FolderExport.Run(replicas.Here.Vault, tree.Root, Export);
        replicas.Here.Vault.Put("doc", "second");
        replicas.Here.Vault.Put("other", "second");
        tree.Write("doc", "edited");
        var exported = FolderExport.Run(replicas.Here.Vault, tree.Root, Export);
        Assert.Equal(("doc", "LocalChanges"), exported.Problems.Select(p => (p.Path, p.ErrorId)).Single());
        Assert.Equal(("edited", "second"), (tree.Read("doc"), tree.Read("other")));

        // The refused export moved no base: the edit still competes with the version that it did not know.
        FolderImport.Run(replicas.Here.Vault, tree.Root, Import);
        Assert.True(View.Of(replicas.Here.Vault.Find("items", "doc")!).HasConflict);
        tree.Write("doc", "edited once more");
        Assert.Empty(FolderExport.Run(replicas.Here.Vault, tree.Root, Export with { Overwrite = true }).Problems);
        Assert.Equal("edited", tree.Read("doc"));
    }

    [UnixFact]
    public void Content_that_has_not_arrived_is_listed_and_the_rest_is_exported()
    {
        using var replicas = new Replicas();
        using var source = new TestTree();
        using var tree = new TestTree();
        source.Write("big", 300_000);
        source.Write("small", "here");
        FolderImport.Run(replicas.Here.Vault, source.Root, Import);
        replicas.Sync(objects: false);
        var exported = FolderExport.Run(replicas.There.Vault, tree.Root, Export);
        Assert.Equal(("big", "ContentNotHere"), exported.Problems.Select(p => (p.Path, p.ErrorId)).Single());
        Assert.Equal(["small"], tree.Describe().Keys);
        replicas.Sync();
        Assert.Empty(FolderExport.Run(replicas.There.Vault, tree.Root, Export).Problems);
        Assert.Equal(source.Describe(), tree.Describe());
    }

    [UnixFact]
    public void Mirror_deletes_only_what_has_a_base_that_nobody_changed()
    {
        using var replicas = new Replicas();
        using var tree = new TestTree();
        foreach (string name in new[] { "stays", "goes", "changed by a peer", "sub/goes too" }) tree.Write(name, "first");
        replicas.Here.Vault.Put("never a file", "x");
        FolderImport.Run(replicas.Here.Vault, tree.Root, Import);
        replicas.Sync();
        replicas.There.Vault.Put("changed by a peer", "newer");
        replicas.Sync();
        foreach (string name in new[] { "goes", "changed by a peer", "sub/goes too" }) File.Delete(tree.At(name));

        Assert.Equal(0, FolderImport.Run(replicas.Here.Vault, tree.Root, Import).Deleted);
        var mirrored = FolderImport.Run(replicas.Here.Vault, tree.Root, Import with { Mirror = true });
        Assert.Equal(2, mirrored.Deleted);
        Assert.Equal("changed by a peer", Assert.Single(mirrored.KeptBack).Path);
        replicas.Sync();
        Assert.Equal(["changed by a peer", "never a file", "stays"], Names(replicas.There.Vault).Where(n => n != "sub"));
        Assert.Equal("newer", replicas.Here.Vault.GetText("changed by a peer"));
    }

    [UnixFact]
    public void A_folder_became_a_file_and_mirror_exports_follow()
    {
        using var test = TestVault.Create();
        using var source = new TestTree();
        using var copy = new TestTree();
        source.Write("x/deep/file", "1");
        FolderImport.Run(test.Vault, source.Root, Import);
        FolderExport.Run(test.Vault, copy.Root, Export);
        Directory.Delete(source.At("x"), recursive: true);
        source.Write("x", "a file now");
        FolderImport.Run(test.Vault, source.Root, Import with { Mirror = true });
        Assert.Empty(FolderExport.Run(test.Vault, copy.Root, Export with { Mirror = true }).Problems);
        Assert.Equal(source.Describe(), copy.Describe());
    }

    private static (long Files, long Skipped) Counts(ImportResult result) => (result.Files, result.Skipped);

    private static IEnumerable<string> Names(Engine.Vaults.Vault vault) => vault.Items().Where(i => View.Of(i).Status == ItemStatus.Item).Select(i => i.Key);
}
