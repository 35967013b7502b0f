namespace SyncModule.Daemon.Tests.Acceptance;

/// <summary>Files that go out and come in again while a peer edits the same items (format-1 §15).</summary>
public class ImportExportTests
{
    [Fact]
    public void An_untouched_old_file_never_undoes_a_peers_edit_and_an_edited_one_is_a_conflict_with_both_kept()
    {
        using var group = new MachineGroup();
        group.Write("source/untouched.txt", "as it was"u8.ToArray());
        group.Write("source/edited.txt", "as it was"u8.ToArray());
        group.Desk.Json("import", group.PathOf("source"));
        var laptop = group.Joined("laptop");
        string files = group.PathOf("files");
        group.Desk.Json("export", files);

        laptop.Put("untouched.txt", "the peer's edit");
        laptop.Put("edited.txt", "the peer's edit");
        File.WriteAllText(Path.Combine(files, "edited.txt"), "edited here, on the older version");
        using (var serving = laptop.Serve())
        {
            group.Desk.Json("sync", serving.Address);
            group.Desk.Json("import", files);
            group.Desk.Json("sync", serving.Address);
        }

        Assert.Equal(laptop.FullDigest(), group.Desk.FullDigest());
        foreach (var machine in new[] { group.Desk, laptop })
        {
            Assert.Equal("the peer's edit", machine.Get("untouched.txt"));
            var item = machine.Run("ls", "edited.txt", "--json").Ok().Lines[0];
            Assert.Equal(2, item.GetProperty("versions").GetInt32());
            var kept = machine.Run("history", "edited.txt", "--json").Ok().Lines
                .Where(v => v.GetProperty("state").GetString() != "Replaced")
                .Select(v => machine.Run("get", "edited.txt", "--version", v.GetProperty("id").GetString()!).Ok().Text);
            Assert.Equal(["edited here, on the older version", "the peer's edit"], kept.Order(StringComparer.Ordinal));
            Assert.Contains(machine.Run("merge", "--json").Ok().Lines, r => r.GetProperty("key").GetString() == "edited.txt" && r.GetProperty("state").GetString() == "Open");
        }

        // The file that was edited here is not replaced by the export either.
        File.WriteAllText(Path.Combine(files, "untouched.txt"), "edited again");
        group.Desk.Run("export", files).Failed("LocalChanges");
        Assert.Equal("edited again", File.ReadAllText(Path.Combine(files, "untouched.txt")));
    }
}
