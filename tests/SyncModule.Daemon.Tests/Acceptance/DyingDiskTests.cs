namespace SyncModule.Daemon.Tests.Acceptance;

/// <summary>
/// A disk that dies under a process which would run for ever: with the first flush that fails the process ends, because what the kernel
/// dropped cannot be known from inside. It acknowledges nothing that it could not flush, and writes no more to its log.
/// </summary>
public class DyingDiskTests
{
    // Large enough for a pack of its own, whose folders are flushed too.
    private const int LargeValue = 1_700_001;

    [AttachTheory]
    [InlineData("fdatasync")]
    [InlineData("fsync")]
    public void A_serving_process_ends_with_the_first_flush_that_fails(string call)
    {
        using var group = new MachineGroup();
        var laptop = group.Joined("laptop");
        using var serving = group.Desk.Serve();
        laptop.Json("sync", serving.Address);
        using var dying = Strace.Attach(serving, group.PathOf("trace"), call);
        PutLarge(group, laptop);
        var refused = laptop.Run("sync", serving.Address, "--json");
        Assert.Equal(1, refused.ExitCode);
        Assert.Equal("Failed", refused.Summary.GetProperty("outcome").GetString());
        EndsForGood(dying);

        using var again = group.Desk.Serve();
        var next = laptop.Json("sync", again.Address);
        Assert.Equal("Synced", next.GetProperty("outcome").GetString());
        Assert.True(next.GetProperty("commitsSent").GetInt64() + next.GetProperty("objectsSent").GetInt64() > 0, "the peer had believed it");
        AreEqual(group.Desk, laptop);
    }

    [AttachTheory]
    [InlineData("fdatasync")]
    [InlineData("fsync")]
    public void A_following_process_ends_with_the_first_flush_that_fails(string call)
    {
        using var group = new MachineGroup();
        var laptop = group.Joined("laptop");
        using var serving = group.Desk.Serve();
        using var following = laptop.Start("follow", serving.Address);
        group.Desk.Put("first", "1");
        Poll.Until(() => Has(laptop, "first"), "the first item");
        using var dying = Strace.Attach(following, group.PathOf("trace"), call);
        PutLarge(group, group.Desk);
        EndsForGood(dying);

        var next = laptop.Json("sync", serving.Address);
        Assert.True(next.GetProperty("commitsReceived").GetInt64() + next.GetProperty("objectsReceived").GetInt64() > 0, "the peer had believed it");
        AreEqual(group.Desk, laptop);
    }

    [AttachTheory]
    [InlineData("fdatasync")]
    public void A_serving_process_that_cannot_flush_what_another_one_wrote_never_sends_it(string call)
    {
        using var group = new MachineGroup();
        var laptop = group.Joined("laptop");
        using var serving = group.Desk.Serve();
        using var following = laptop.Start("follow", serving.Address);
        group.Desk.Put("first", "1");
        Poll.Until(() => Has(laptop, "first"), "the first item");
        using var dying = Strace.Attach(serving, group.PathOf("trace"), call);

        // Durable by the flush of the process that wrote it, but not by one of the process that would send it (format-1 §12).
        group.Desk.Put("second", "2");
        EndsForGood(dying);
        Assert.False(Has(laptop, "second"));
        following.Kill();
        using var again = group.Desk.Serve();
        laptop.Json("sync", again.Address);
        Assert.Equal("2", laptop.Get("second"));
        AreEqual(group.Desk, laptop);
    }

    private static void PutLarge(MachineGroup group, Machine machine)
    {
        byte[] content = new byte[LargeValue];
        new Random(LargeValue).NextBytes(content);
        machine.Run("put", "large", "--file", group.Write("large", content)).Ok();
    }

    private static bool Has(Machine machine, string key) => machine.Run("ls", key, "--json").Ok().Text.Contains("\"Here\"", StringComparison.Ordinal);

    private static void EndsForGood(FailingFlushes dying)
    {
        var run = dying.End();
        Assert.True(run.Failures > 0);
        run.Result.Failed("DiskFailed");
        Assert.Empty(run.WrittenAfterTheFailure());
    }

    private static void AreEqual(Machine one, Machine other)
    {
        Assert.Equal(one.FullDigest(), other.FullDigest());
        one.VerifiesClean();
        other.VerifiesClean();
    }
}
