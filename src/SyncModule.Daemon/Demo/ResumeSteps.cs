using System.Security.Cryptography;
using SyncModule.Daemon.Output;

namespace SyncModule.Daemon.Demo;

/// <summary>A transfer is killed in the middle, as a power cut would, and the next sync goes on where it was.</summary>
internal static class ResumeSteps
{
    private const int PieceSize = 1 << 20;
    private const int FirstMiB = 64;
    private const int Attempts = 3;
    private const string FileName = "random.bin";

    public static async Task RunAsync(DemoStage stage)
    {
        long size = 0;
        string folder = "";
        // A fast machine may be done before it is killed: then with more.
        for (int attempt = 0; ; attempt++)
        {
            size = (long)(FirstMiB << (2 * attempt)) << 20;
            folder = stage.PathOf($"large {attempt}");
            await ImportLargeAsync(stage, folder, size, attempt).ConfigureAwait(false);
            if (await KilledAsync(stage, size).ConfigureAwait(false)) break;
            if (attempt == Attempts - 1) throw new DemoFailure("The transfer was always complete before it could be killed");
        }

        await stage.StepAsync("sync again", async () =>
        {
            var summary = await stage.RunAsync(stage.Laptop, "sync", stage.Address).ConfigureAwait(false);
            long received = summary.GetProperty("bytesReceived").GetInt64();
            if (!summary.GetProperty("resumed").GetBoolean()) throw new DemoFailure("The second sync did not resume the first");
            if (received >= size) throw new DemoFailure("The second sync fetched everything again");
            await stage.SameDigestAsync().ConfigureAwait(false);
            return new DemoResult($"resumed: only {Human.Bytes(received)} of {Human.Bytes(size)} left to fetch", received, summary.GetProperty("seconds").GetDouble());
        }).ConfigureAwait(false);

        await stage.StepAsync("compare what was cut", async () =>
        {
            string copy = stage.PathOf("copy");
            Directory.CreateDirectory(copy);
            await stage.RunAsync(stage.Laptop, "get", $"{Path.GetFileName(folder)}/{FileName}", "--out", Path.Combine(copy, FileName)).ConfigureAwait(false);
            return new DemoResult("every byte is as it was", ExportSteps.Compare(folder, copy, FileName));
        }).ConfigureAwait(false);
    }

    private static Task ImportLargeAsync(DemoStage stage, string folder, long size, int attempt) => stage.StepAsync(attempt == 0 ? "import random data" : "import more random data", async () =>
    {
        Directory.CreateDirectory(folder);
        await WriteRandomAsync(Path.Combine(folder, FileName), size, stage.Cancellation).ConfigureAwait(false);
        var summary = await stage.RunAsync(stage.Desk, "import", folder, "--prefix", Path.GetFileName(folder)).ConfigureAwait(false);
        return new DemoResult(Human.Bytes(size), size, summary.GetProperty("seconds").GetDouble());
    });

    private static async Task<bool> KilledAsync(DemoStage stage, long size)
    {
        bool killed = false;
        await stage.StepAsync("kill a sync in the middle", async () =>
        {
            long before = StoredBytes(stage.Laptop);
            var syncing = stage.Start(stage.Laptop, "sync", stage.Address);
            long wanted = size / 8;
            while (!syncing.HasExited && StoredBytes(stage.Laptop) - before < wanted) await Task.Delay(2, stage.Cancellation).ConfigureAwait(false);
            await syncing.KillAsync().ConfigureAwait(false);
            long received = StoredBytes(stage.Laptop) - before;
            var digest = await stage.RunAsync(stage.Laptop, "digest").ConfigureAwait(false);
            killed = !digest.GetProperty("full").GetBoolean();
            return new DemoResult(killed ? $"killed with about {Human.Bytes(received)} of {Human.Bytes(size)} here" : "it was done already", received);
        }).ConfigureAwait(false);
        return killed;
    }

    private static long StoredBytes(DemoMachine machine)
    {
        try
        {
            return new DirectoryInfo(Path.Combine(machine.Vault, "packs")).EnumerateFiles().Sum(f => f.Length);
        }
        catch (FileNotFoundException)
        {
            // A file was renamed between listing and asking.
            return 0;
        }
    }

    private static async Task WriteRandomAsync(string path, long size, CancellationToken cancellation)
    {
        var piece = new byte[PieceSize];
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        for (long written = 0; written < size; written += piece.Length)
        {
            RandomNumberGenerator.Fill(piece);
            await file.WriteAsync(piece, cancellation).ConfigureAwait(false);
        }
    }
}
