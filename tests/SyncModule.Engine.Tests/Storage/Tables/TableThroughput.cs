using System.Diagnostics;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage.Tables;
using Xunit.Abstractions;

namespace SyncModule.Engine.Tests.Storage.Tables;

/// <summary>Prints rows per second of index.db; run by hand with SYNCMODULE_BENCH=1 and a Release build. Asserts only that the rows are there.</summary>
public sealed class TableThroughput(ITestOutputHelper output)
{
    private const int Rows = 1_000_000, PerTransaction = 100_000;

    [FactByHand]
    public void A_million_rows_with_random_keys() => Run(sorted: false);

    [FactByHand]
    public void A_million_rows_in_key_order() => Run(sorted: true);

    private void Run(bool sorted)
    {
        using var folder = new TemporaryFolder();
        using var index = SqliteLogIndex.Open(folder.File("index.db"), new Id16(new byte[16]));
        var random = new Random(1);
        var keys = new byte[Rows][];
        for (int i = 0; i < Rows; i++) random.NextBytes(keys[i] = new byte[16]);
        if (sorted) Array.Sort(keys, (a, b) => a.AsSpan().SequenceCompareTo(b));
        byte[] value = new byte[150];

        long start = Stopwatch.GetTimestamp();
        for (int done = 0; done < Rows; done += PerTransaction)
        {
            using ITableTransaction write = index.Begin(write: true);
            foreach (byte[] key in keys.AsSpan(done, PerTransaction)) write.Put(0, key, value);
            write.Commit();
        }

        output.WriteLine($"written {Rows / Stopwatch.GetElapsedTime(start).TotalSeconds:N0} rows/s");
        using ITableTransaction read = index.Begin(write: false);
        start = Stopwatch.GetTimestamp();
        Assert.Equal(Rows, read.Scan(0).Count());
        output.WriteLine($"scanned {Rows / Stopwatch.GetElapsedTime(start).TotalSeconds:N0} rows/s");
        start = Stopwatch.GetTimestamp();
        for (int i = 0; i < Rows; i += 10) Assert.NotNull(read.Get(0, keys[i]));
        output.WriteLine($"read {Rows / 10 / Stopwatch.GetElapsedTime(start).TotalSeconds:N0} rows/s");
    }

    [AttributeUsage(AttributeTargets.Method)]
    private sealed class FactByHandAttribute : FactAttribute
    {
        public FactByHandAttribute()
        {
            if (Environment.GetEnvironmentVariable("SYNCMODULE_BENCH") is null) Skip = "Run by hand: set SYNCMODULE_BENCH=1.";
        }
    }
}
