using System.Diagnostics;
using SyncModule.Benchmarks.Children;
using SyncModule.Benchmarks.Machine;
using SyncModule.Benchmarks.Report;

namespace SyncModule.Benchmarks.Works;

/// <summary>
/// A device that connects anew and pulls: how many round trips until the first small object is durable here. Counted, not guessed:
/// (time over a line with delay − time without) ÷ (an echo's round trip over a line of that delay − one without), and TCP's own round trip, which the proxy
/// does not delay, as one more. Divided by what the delay was meant to be, each late waking of the proxy's own threads would count as a part of a round
/// trip. To a tenth: what is finer is the processes' own time, not the line's.
/// </summary>
internal sealed class ConnectWork : IWork
{
    private const int SmallObject = 6_000;
    private const int Samples = 3;

    private static readonly TimeSpan RoundTrip = TimeSpan.FromMilliseconds(100);
    private static readonly Figure RoundTrips = new("connect/round-trips", "round trips to the first small object, TCP's own as one", "");
    private static readonly Figure Line = new("connect/line", "round trip of an echo on the line of 100 ms, less one without delay", "ms");
    private static readonly Figure Near = new("connect/near", "the same without delay", "ms");

    public string Name => "connect";

    public string About => "cold connect to the first small object, pulling, in round trips of a line of 100 ms, to a tenth";

    public void Run(BenchContext context)
    {
        context.Tell("connect");
        using var holder = new NodeProcess();
        using var puller = new NodeProcess();
        var from = VaultFolder.Create(context.Scratch, "connect-holder");
        var to = from.Pair(context.Scratch, "connect-puller");
        holder.Open(from);
        puller.Open(to);
        string address = holder.Serve();
        using var near = new DelayProxy(address, TimeSpan.Zero);
        using var far = new DelayProxy(address, RoundTrip);
        using var nearEcho = new EchoLine(TimeSpan.Zero);
        using var farEcho = new EchoLine(RoundTrip);
        for (int sample = 0; sample <= Samples * context.Rounds; sample++)
        {
            double without = Pull(holder, puller, near.Address), with = Pull(holder, puller, far.Address);
            if (sample == 0) continue; // the processes meet their code
            context.Note(Near, without * 1000);
            double line = farEcho.RoundTrip() - nearEcho.RoundTrip();
            context.Note(Line, line * 1000);
            context.Note(RoundTrips, Math.Round(1 + ((with - without) / line), 1));
        }
    }

    private static double Pull(NodeProcess holder, NodeProcess puller, string address)
    {
        string held = holder.Ask(new("put") { Count = 1, Bytes = SmallObject }).Held!;
        var pulled = puller.Ask(new("pull") { Address = address });
        return Stopwatch.GetElapsedTime(pulled.Start, puller.Ask(new("reached") { Held = held }).End).TotalSeconds;
    }
}
