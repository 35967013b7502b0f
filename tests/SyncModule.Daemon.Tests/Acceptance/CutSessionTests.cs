namespace SyncModule.Daemon.Tests.Acceptance;

/// <summary>What a transfer that was cut at a chosen point may and may not say afterwards.</summary>
public class CutSessionTests
{
    private const long Allowance = 2_000_000;

    /// <summary>Killed when commits are here and hardly any object: neither direction may call that up to date.</summary>
    [Fact]
    public void With_commits_here_and_objects_missing_no_sync_says_up_to_date()
    {
        using var group = new MachineGroup();
        var laptop = group.Joined("laptop");
        Folders.WriteRandom(group.PathOf("source/data.bin"), AcceptanceSize.TransferBytes, new Random(AcceptanceSize.Seed));
        group.Desk.Json("import", group.PathOf("source"));
        using var serving = group.Desk.Serve();
        long commits = group.Desk.Json("status").GetProperty("commits").GetInt64();
        // The commits come first and are small; behind them the line goes dead.
        using (var proxy = new StallingProxy(serving.Address, mostBytes: 1 << 20))
        using (var syncing = laptop.Start("sync", proxy.Address))
        {
            Poll.Until(() => syncing.HasExited || (proxy.Stalled && laptop.Json("status").GetProperty("commits").GetInt64() == commits), "the commits");
            Assert.True(syncing.Kill(), "the transfer was over before it could be killed");
        }

        var status = laptop.Json("status");
        Assert.Equal(commits, status.GetProperty("commits").GetInt64());
        Assert.True(status.GetProperty("wanted").GetInt64() > 0);
        Assert.NotEqual(status.GetProperty("vector").GetRawText(), status.GetProperty("full").GetRawText());
        Assert.False(laptop.Json("digest").GetProperty("full").GetBoolean());
        laptop.Run("get", "data.bin").Failed("ContentNotHere");
        var pushed = laptop.Run("sync", serving.Address, "--push", "--json").Failed("ContentNotHere");
        Assert.Equal("Partial", pushed.Summary.GetProperty("outcome").GetString());
        Assert.Equal("Synced", laptop.Json("sync", serving.Address).GetProperty("outcome").GetString());
        Assert.Equal("UpToDate", laptop.Json("sync", serving.Address).GetProperty("outcome").GetString());
        status = laptop.Json("status");
        Assert.Equal(status.GetProperty("vector").GetRawText(), status.GetProperty("full").GetRawText());
    }

    /// <summary>What a journal says is a help, never a condition.</summary>
    [Fact]
    public void A_session_journal_that_was_cut_at_half_does_not_keep_the_transfer_from_going_on()
    {
        using var group = new MachineGroup();
        var laptop = group.Joined("laptop");
        Folders.WriteRandom(group.PathOf("source/data.bin"), AcceptanceSize.TransferBytes, new Random(AcceptanceSize.Seed));
        group.Desk.Json("import", group.PathOf("source"));
        long total = group.Desk.ObjectBytes();
        using var serving = group.Desk.Serve();
        using (var syncing = laptop.Start("sync", serving.Address))
        {
            Poll.Until(() => syncing.HasExited || Folders.Bytes(laptop.In("packs")) > total / 4, "a part of the bytes");
            Assert.True(syncing.Kill(), "the transfer was over before it could be killed");
        }

        foreach (var machine in new[] { laptop, group.Desk })
        {
            foreach (string journal in Directory.EnumerateFiles(machine.In("journal"))) Folders.Cut(journal, new FileInfo(journal).Length / 2);
        }

        long missing = total - laptop.ObjectBytes();
        var resumed = laptop.Json("sync", serving.Address);
        Assert.True(resumed.GetProperty("bytesReceived").GetInt64() <= missing + Allowance);
        Assert.Equal(group.Desk.FullDigest(), laptop.FullDigest());
        laptop.VerifiesClean();
    }
}
