namespace SyncModule.Daemon.Tests.Acceptance;

/// <summary>Names and files that cannot be taken as they are: they are listed, the others are done, and the vault is as good as before.</summary>
public class BadFilesTests
{
    [Fact]
    public void A_name_that_would_leave_the_folder_is_not_written_and_the_others_are()
    {
        using var group = new MachineGroup();
        string[] unsafeNames = ["../outside", "a/../../outside", "/tmp/outside-of-everything", ".."];
        foreach (string name in unsafeNames) group.Desk.Put(name, "hostile");
        group.Desk.Put("inside/good.txt", "good");
        string folder = group.NewFolder("out/deeper");
        var result = group.Desk.Run("export", folder, "--json");
        Assert.Equal(1, result.ExitCode);
        Assert.Equal(unsafeNames.Length, result.Error.Split('\n').Count(l => l.StartsWith("error: NameUnsafe: ", StringComparison.Ordinal)));
        Assert.Equal([Path.Combine(folder, "inside/good.txt")], Directory.EnumerateFiles(group.PathOf("out"), "*", SearchOption.AllDirectories));
        Assert.False(File.Exists("/tmp/outside-of-everything"));
        Assert.False(File.Exists(group.PathOf("outside")));
        Assert.Equal("hostile", group.Desk.Get(unsafeNames[0]));
        group.Desk.VerifiesClean();
    }

    [Fact]
    public async Task A_file_that_changes_all_the_time_is_listed_and_the_others_are_imported()
    {
        using var group = new MachineGroup();
        group.Write("source/still.txt", "still"u8.ToArray());
        string changing = group.Write("source/changing.bin", new byte[24_000_001]);
        using var ended = new CancellationTokenSource();
        using var begun = new ManualResetEventSlim();
        var writing = Task.Factory.StartNew(
            () =>
            {
                using var file = new FileStream(changing, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
                for (byte i = 0; !ended.IsCancellationRequested; i++)
                {
                    file.Position = i;
                    file.WriteByte(i);
                    begun.Set();
                }
            }, TaskCreationOptions.LongRunning);
        begun.Wait(); // on a busy machine the import would be over before the first change
        using var importing = group.Desk.Start("import", group.PathOf("source"));
        var result = importing.End();
        await ended.CancelAsync();
        await writing;
        result.Failed("FileChanging");
        Assert.Contains("changing.bin", result.Error, StringComparison.Ordinal);
        Assert.Equal("still", group.Desk.Get("still.txt"));
        group.Desk.Run("get", "changing.bin").Failed("ItemNotFound");
        Assert.Equal(1, group.Desk.Json("import", group.PathOf("source")).GetProperty("skipped").GetInt32());
        Assert.Equal(File.ReadAllBytes(changing), group.Desk.Run("get", "changing.bin").Ok().Output);
        group.Desk.VerifiesClean();
    }

    [Fact]
    public void Missing_things_have_their_own_errors_and_next_steps()
    {
        using var group = new MachineGroup();
        group.Desk.Put("k", "v");
        group.Desk.Run("get", "absent").Failed("ItemNotFound");
        group.Desk.Run("get", "k", "--version", "0123456789abcdef").Failed("VersionNotFound");
        group.Desk.Run("import", group.PathOf("nowhere")).Failed("FileNotFound");
        group.Desk.Run("put", "k", "--file", group.PathOf("nowhere")).Failed("FileNotFound");
        group.Desk.Run("put", new string('k', 4_097), "--value", "v").Failed("NameInvalid");
        group.Desk.Run("sync", "no such peer").Failed("PeerUnknown");
        Assert.Equal("v", group.Desk.Get("k"));
        group.Desk.VerifiesClean();
    }

    [LinuxFact]
    public void A_name_that_is_not_UTF_8_is_listed_and_the_rest_imported()
    {
        using var group = new MachineGroup();
        group.Write("source/good.txt", "good"u8.ToArray());
        Shell.Run("sh", "-c", "printf x > \"$1/$(printf 'bad\\377name')\"", "sh", group.PathOf("source"));
        var result = group.Desk.Run("import", group.PathOf("source"));
        Shell.Run("rm", "-r", group.PathOf("source")); // .NET cannot delete what it cannot name
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("error: ", result.Error, StringComparison.Ordinal);
        Assert.Equal("good", group.Desk.Get("good.txt"));
        Assert.Single(group.Desk.Run("ls", "--json").Ok().Lines);
        group.Desk.VerifiesClean();
    }
}
