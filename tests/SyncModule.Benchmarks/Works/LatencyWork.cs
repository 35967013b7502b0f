using System.Diagnostics;
using SyncModule.Benchmarks.Children;
using SyncModule.Benchmarks.Report;
using SyncModule.Benchmarks.Rivals;

namespace SyncModule.Benchmarks.Works;

/// <summary>From the call of a put to its commit being durable, and shown, at a peer that follows.</summary>
internal sealed class LatencyWork : IWork
{
    private const int Puts = 1_000;
    private const int GapMicroseconds = 2_000;

    private static readonly Figure Syncthing = new("latency/syncthing", "Syncthing, one file, scan asked for", "ms", IsRival: true);

    public string Name => "latency";

    public string About => "live put of 1 KB to durable at a following peer, against Syncthing";

    public void Run(BenchContext context)
    {
        context.Tell("latency");
        using var writer = new NodeProcess();
        using var follower = new NodeProcess();
        using var other = new NodeProcess();
        using var syncthing = SyncthingPair.Start(context);
        var from = VaultFolder.Create(context.Scratch, "latency-writer");
        var to = from.Pair(context.Scratch, "latency-follower");
        writer.Open(from);
        follower.Open(to);
        other.Open(from);
        follower.Follow(writer.Serve());
        int puts = context.Quick ? Puts / 10 : Puts;
        Measure(writer, follower, puts, 0); // the processes meet their code
        for (int round = 1; round <= context.Rounds; round++)
        {
            context.Tell($" round {round}");
            context.Settle();
            Note(context, "gap", "2 ms apart", Measure(writer, follower, puts, GapMicroseconds));
            Note(context, "back-to-back", "back to back", Measure(writer, follower, puts, 0));
            Note(context, "other-process", "by another process, 2 ms apart", Measure(other, follower, puts, GapMicroseconds));
            for (int i = 0; syncthing is not null && i < 5; i++) context.Note(Syncthing, syncthing.OneFile() * 1000);
        }
    }

    private static void Note(BenchContext context, string id, string what, double[] milliseconds)
    {
        context.Note(new($"latency/{id}-p50", $"put to durable at the peer, {what}, p50", "ms"), Statistics.Percentile(milliseconds, 0.5));
        context.Note(new($"latency/{id}-p99", $"put to durable at the peer, {what}, p99", "ms"), Statistics.Percentile(milliseconds, 0.99));
    }

    private static double[] Measure(NodeProcess writer, NodeProcess follower, int puts, int gap)
    {
        follower.Ask(new("watch"));
        var put = writer.Ask(new("put") { Count = puts, Bytes = 1024, GapMicroseconds = gap });
        var durable = follower.Ask(new("watched") { Count = puts }).Times!;
        if (durable.Count != puts) throw new InvalidOperationException($"{durable.Count} of {puts} puts were seen at the peer.");
        return [.. put.Times!.Zip(durable, (p, d) => Stopwatch.GetElapsedTime(p, d).TotalMilliseconds)];
    }
}
