namespace SyncModule.Daemon.Tests.Acceptance;

/// <summary>A vault folder that was copied, used in both places, and put back: the device does not contradict itself.</summary>
public class CopiedFolderTests
{
    [LinuxFact]
    public void Edits_of_a_folder_and_of_its_copy_both_survive()
    {
        using var group = new MachineGroup();
        var laptop = group.Joined("laptop");
        group.Desk.Put("shared", "at first");
        group.Desk.Put("common", "before the copy");
        Shell.Run("cp", "-a", group.Desk.Vault, group.PathOf("copy"));
        var copy = group.Desk.At(group.PathOf("copy"));

        group.Desk.Put("of the folder", "1");
        group.Desk.Put("shared", "the folder's");
        copy.Put("of the copy", "2");
        copy.Put("shared", "the copy's");
        using (var serving = laptop.Serve())
        {
            Assert.Equal("Synced", group.Desk.Json("sync", serving.Address).GetProperty("outcome").GetString());
            Assert.Equal("Synced", copy.Json("sync", serving.Address).GetProperty("outcome").GetString());

            // Put back over the folder that had gone on, and used again.
            Directory.Delete(group.Desk.Vault, recursive: true);
            Directory.Move(copy.Vault, group.Desk.Vault);
            group.Desk.Put("after", "3");
            Assert.Equal("Synced", group.Desk.Json("sync", serving.Address).GetProperty("outcome").GetString());
            Assert.Equal("UpToDate", group.Desk.Json("sync", serving.Address).GetProperty("outcome").GetString());
        }

        Assert.Equal(laptop.FullDigest(), group.Desk.FullDigest());
        foreach (var machine in new[] { laptop, group.Desk })
        {
            Assert.Equal(["before the copy", "1", "2", "3"], new[] { "common", "of the folder", "of the copy", "after" }.Select(machine.Get));
            // Neither knew of the other: both are kept, and which one shows is decided alike.
            var versions = machine.Run("history", "shared", "--json").Ok().Lines;
            Assert.Equal(["Active", "Competing"], versions.Select(v => v.GetProperty("state").GetString()!).Where(s => s != "Replaced").Order(StringComparer.Ordinal));
            machine.VerifiesClean();
        }

        Assert.Equal(laptop.Get("shared"), group.Desk.Get("shared"));
    }
}
