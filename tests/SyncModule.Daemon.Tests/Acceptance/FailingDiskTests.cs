using System.Globalization;

namespace SyncModule.Daemon.Tests.Acceptance;

/// <summary>A disk that reports errors or is full: nothing is acknowledged that is not durable, and nothing acknowledged is lost.</summary>
public class FailingDiskTests
{
    private const int Sweep = 4;

    [StraceTheory]
    [InlineData("fdatasync")]
    [InlineData("fsync")]
    [InlineData("sync_file_range")]
    public void A_put_whose_flush_fails_is_not_acknowledged(string call)
    {
        using var group = new MachineGroup();
        group.Desk.Put("before", "kept");
        var acknowledged = new List<string>();
        int refused = 0;
        for (int first = 1; first <= Sweep; first++)
        {
            // Small ones stand in the log alone, large ones have a pack of their own.
            byte[] content = new byte[first % 2 == 0 ? 1_700_001 : 4_097];
            new Random(first).NextBytes(content);
            string key = "k" + first.ToString(CultureInfo.InvariantCulture);
            var run = Strace.Run(group.Desk, call, first, "put", key, "--file", group.Write(key, content));
            Assert.Empty(run.WrittenAfterTheFailure());
            if (run.Result.ExitCode == 0)
            {
                Assert.False(run.DataFailed, "acknowledged, although a flush of log or pack had failed");
                acknowledged.Add(key);
            }
            else
            {
                run.Result.Failed("DiskFailed");
                Assert.True(run.Failures > 0);
                refused++;
            }
        }

        Assert.True(refused > 0);
        foreach (string key in acknowledged) Assert.Equal(File.ReadAllBytes(group.PathOf(key)), group.Desk.Run("get", key).Ok().Output);
        group.Desk.Put("after", "works again");
        Assert.Equal("kept", group.Desk.Get("before"));
        Assert.Equal("works again", group.Desk.Get("after"));
        group.Desk.VerifiesClean();
    }

    [StraceTheory]
    [InlineData("fdatasync", 3)]
    [InlineData("fsync", 4)]
    public void A_sync_whose_flush_fails_acknowledges_nothing_and_the_next_one_brings_it_all(string call, int first)
    {
        using var group = new MachineGroup();
        var laptop = group.Joined("laptop");
        Folders.WriteRandom(group.PathOf("source/a.bin"), 2_000_003, new Random(1));
        group.Desk.Json("import", group.PathOf("source"));
        group.Desk.Put("small", "one");
        using var serving = group.Desk.Serve();

        var run = Strace.Run(laptop, call, first, "sync", serving.Address);
        Assert.True(run.Failures > 0);
        run.Result.Failed("DiskFailed");
        Assert.Empty(run.WrittenAfterTheFailure());

        // A peer that had believed it would have nothing to send.
        var next = laptop.Json("sync", serving.Address);
        Assert.Equal("Synced", next.GetProperty("outcome").GetString());
        Assert.True(next.GetProperty("commitsReceived").GetInt64() + next.GetProperty("objectsReceived").GetInt64() > 0);
        Assert.Equal(group.Desk.FullDigest(), laptop.FullDigest());
        Assert.Equal("one", laptop.Get("small"));
        laptop.VerifiesClean();
        group.Desk.VerifiesClean();
    }

    [StraceFact]
    public void An_index_whose_mark_cannot_be_flushed_is_not_written_to()
    {
        using var group = new MachineGroup();
        group.Desk.Put("before", "kept"); // and the index closed clean
        TracedRun put;
        int which = 0;
        do
        {
            Assert.True(++which <= Sweep, "the mark was never flushed before the log");
            put = Strace.RunOnce(group.Desk, "fdatasync", which, "put", "k", "--value", "v");
        }
        while (!put.Calls.Any(c => c.Contains("index.db-state>", StringComparison.Ordinal) && c.Contains(TracedRun.Injected, StringComparison.Ordinal)));

        // The put is durable before the index is looked at: it is acknowledged, and the index stays behind until it is made level again.
        put.Result.Ok();
        Assert.Equal("v", group.Desk.Get("k"));
        group.Desk.Put("k", "works again");
        Assert.Equal("works again", group.Desk.Get("k"));
        group.Desk.VerifiesClean();
    }

    [MountFact]
    public void On_a_full_disk_puts_and_imports_are_refused_and_everything_acknowledged_stays()
    {
        using var group = new MachineGroup();
        using var disk = MountedFolder.Small(group.PathOf("disk"), "12m");
        var machine = new Machine(disk.Path, "full");
        machine.Init();
        var acknowledged = new List<string>();
        string ballast = Path.Combine(disk.Path, "ballast");
        File.WriteAllBytes(ballast, new byte[4_000_000]);
        for (int i = 0; ; i++)
        {
            Assert.True(i < 20, "12 MB were never full");
            byte[] content = new byte[2_300_003];
            new Random(i).NextBytes(content);
            string key = "k" + i.ToString(CultureInfo.InvariantCulture);
            var put = machine.Run("put", key, "--file", group.Write(key, content));
            if (put.ExitCode != 0)
            {
                put.Failed("DiskFull");
                break;
            }

            acknowledged.Add(key);
        }

        Assert.NotEmpty(acknowledged);
        Folders.WriteRandom(group.PathOf("source/a.bin"), 5_000_001, new Random(9));
        machine.Run("import", group.PathOf("source")).Failed("DiskFull");

        File.Delete(ballast);
        foreach (string key in acknowledged) Assert.Equal(File.ReadAllBytes(group.PathOf(key)), machine.Run("get", key).Ok().Output);
        machine.Put("after", "works again");
        machine.VerifiesClean();
        machine.FullDigest();
    }

    [MountFact]
    public void A_folder_that_cannot_be_written_is_said_so()
    {
        using var group = new MachineGroup();
        group.Desk.Put("k", "kept");
        using (MountedFolder.ReadOnly(group.Desk.Vault)) group.Desk.Run("put", "other", "--value", "v").Failed("VaultReadOnly");
        Assert.Equal("kept", group.Desk.Get("k"));
        group.Desk.VerifiesClean();
    }
}
