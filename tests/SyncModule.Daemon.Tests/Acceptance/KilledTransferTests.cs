using System.Globalization;
using Xunit.Abstractions;

namespace SyncModule.Daemon.Tests.Acceptance;

/// <summary>A transfer between two real processes, one of which is killed with SIGKILL at a random point; the next one goes on.</summary>
public class KilledTransferTests(ITestOutputHelper output)
{
    /// <summary>What a resumed run may move beyond the bytes that were missing.</summary>
    private const long Allowance = 2_000_000;

    private const double LatestPoint = 0.9;

    [Theory]
    [InlineData(false, false, 1)]
    [InlineData(false, true, 2)]
    [InlineData(true, false, 3)]
    [InlineData(true, true, 4)]
    public void A_killed_transfer_goes_on_where_it_was(bool push, bool killServing, int salt)
    {
        var random = new Random(AcceptanceSize.Seed + salt);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"SYNCMODULE_SEED={AcceptanceSize.Seed}, {AcceptanceSize.TransferBytes} bytes, {(push ? "push" : "pull")}, the {(killServing ? "serving" : "syncing")} process is killed"));
        for (int kill = 0; kill < AcceptanceSize.KillsEach; kill++)
        {
            double point = random.NextDouble() * LatestPoint;
            // A fast machine may be done before the signal: then earlier.
            while (!CutAndResume(push, killServing, point, random)) point /= 2;
        }
    }

    // One fresh pair, one transfer, one kill, one resumed run. False when the transfer was complete before the signal came.
    private bool CutAndResume(bool push, bool killServing, double point, Random random)
    {
        using var group = new MachineGroup();
        var laptop = group.Joined("laptop");
        var (sender, receiver) = push ? (laptop, group.Desk) : (group.Desk, laptop);
        string source = group.PathOf("source");
        Folders.WriteRandom(Path.Combine(source, "large.bin"), AcceptanceSize.TransferBytes * 3 / 4, random);
        for (int i = 0; i < 5; i++) Folders.WriteRandom(Path.Combine(source, "folder", $"{i}.bin"), AcceptanceSize.TransferBytes / 20, random);
        sender.Json("import", source);
        long total = sender.ObjectBytes(), threshold = (long)(point * total);

        var serving = group.Desk.Serve();
        try
        {
            if (!Cut(serving, laptop, receiver, killServing, threshold)) return false;
            if (killServing)
            {
                serving.Dispose();
                serving = group.Desk.Serve();
            }

            Parallel.Invoke(sender.VerifiesClean, receiver.VerifiesClean);
            long missing = total - receiver.ObjectBytes();
            if (missing == 0) return false;
            var resumed = laptop.Json("sync", serving.Address);
            long moved = resumed.GetProperty(push ? "bytesSent" : "bytesReceived").GetInt64();
            Assert.Equal("Synced", resumed.GetProperty("outcome").GetString());
            Assert.True(moved <= missing + Allowance, string.Create(CultureInfo.InvariantCulture, $"{missing} bytes were missing, {moved} were moved"));
            Assert.Equal(sender.FullDigest(), receiver.FullDigest());
            receiver.Json("export", group.PathOf("export"));
            Folders.AssertEqual(source, group.PathOf("export"));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"killed at {point:P1}: {total - missing} of {total} bytes were durable, {missing} missing, the resumed run moved {moved} ({moved - missing:+#;-#;0}), resumed = {resumed.GetProperty("resumed")}"));
            return true;
        }
        finally
        {
            serving.Dispose();
        }
    }

    private static bool Cut(RunningMirord serving, Machine laptop, Machine receiver, bool killServing, long threshold)
    {
        string packs = receiver.In("packs");
        using var syncing = laptop.Start("sync", serving.Address);
        Poll.Until(() => syncing.HasExited || Folders.Bytes(packs) > threshold, "the point to kill at");
        if (!killServing) return syncing.Kill();
        bool alive = !syncing.HasExited;
        Assert.True(serving.Kill());
        var ended = syncing.End();
        // It may have had everything just then; otherwise it says that it is not done, and how to go on.
        if (ended.ExitCode == 0) return false;
        Assert.True(alive, "the sync ended before the other process was killed: " + ended.Error);
        // SessionTimeout where the dying process kept the socket: its descriptors close only when a flush that it is in has ended.
        Assert.Matches("^error: Session(Lost|Timeout): [^\\n]+\\. [^\\n]+\\.\\n$", ended.Error);
        Assert.Equal(1, ended.ExitCode);
        return true;
    }
}
