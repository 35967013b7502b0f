using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using SyncModule.Core.Merging;
using SyncModule.Engine.Files;
using SyncModule.Engine.Nodes;

namespace SyncModule.Benchmarks.Children;

/// <summary>
/// A child process: one vault, unlocked and open, that serves, follows, syncs, imports and puts as it is told on standard input, one
/// JSON line a request, one a reply. It ends with its input.
/// </summary>
internal sealed class NodeChild
{
    public const string Argument = "--child";

    private OpenNode? _node;
    private int _puts;

    public static int Run()
    {
        var child = new NodeChild();
        while (Console.In.ReadLine() is { } line)
        {
            ChildAnswer answer;
            try
            {
                answer = child.Handle(JsonSerializer.Deserialize(line, ChildJson.Default.ChildRequest)!);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                answer = new() { Error = e.ToString() };
            }

            Console.Out.WriteLine(JsonSerializer.Serialize(answer, ChildJson.Default.ChildAnswer));
            Console.Out.Flush();
        }

        child._node?.Dispose();
        return 0;
    }

    private OpenNode Node => _node ?? throw new InvalidOperationException("No vault is open.");

    private ChildAnswer Handle(ChildRequest request) => request.Do switch
    {
        "open" => Timed(() => _node = new OpenNode(new VaultFolder(request.Folder!, request.Key!))),
        "close" => Done(Close),
        "serve" => new() { Port = Node.Serve() },
        "follow" => Done(() => Node.Follow(request.Address!)),
        "stop" => Done(Node.Stop),
        "import" => Import(request.Folder!) with { Held = Node.Held },
        "sync" => Sync(request.Address!, new()),
        "pull" => Sync(request.Address!, new(Push: false)),
        "put" => Put(request),
        "get" => Timed(() => Get(request.Item!)),
        "list" => List(),
        "held" => new() { Held = Node.Held },
        "reached" => new() { End = Node.Arrivals.Reached(request.Held!) },
        "watch" => Done(Node.Arrivals.Watch),
        "watched" => new() { Times = Node.Arrivals.Watched(request.Count) },
        "processor" => new() { Processor = Environment.CpuUsage.TotalTime.TotalSeconds },
        _ => throw new InvalidOperationException($"'{request.Do}' is no request."),
    };

    private void Close()
    {
        Node.Dispose();
        _node = null;
        GC.Collect();
    }

    private ChildAnswer Import(string folder)
    {
        ChildAnswer answer = new();
        Node.Arrivals.Resting(() => answer = Timed(() =>
        {
            var result = FolderImport.Run(Node.Vault, folder, new ImportOptions());
            if (result.Problems.Count > 0) throw new InvalidOperationException(result.Problems[0].ToString());
        }));
        return answer;
    }

    private void Get(string item)
    {
        var state = Node.Vault.Find("items", item) ?? throw new InvalidOperationException("The item is not there.");
        foreach (byte[] piece in Node.Vault.ReadValue(View.Of(state).Winner!.Value!)) _ = piece.Length;
    }

    private ChildAnswer List()
    {
        int count = 0;
        var answer = Timed(() =>
        {
            // Every item is looked at: a list that only knows how many there are would be none.
            foreach (var item in Node.Vault.Items()) count += item.Key.Length > 0 && item.IsAlive ? 1 : 0;
        });
        return answer with { Bytes = count };
    }

    private ChildAnswer Put(ChildRequest request)
    {
        long[] times = [];
        Node.Arrivals.Resting(() => times = PutAll(request));
        return new() { Times = times, Held = Node.Held };
    }

    // One commit each; a gap is counted from start to start.
    private long[] PutAll(ChildRequest request)
    {
        var times = new long[request.Count];
        byte[] value = new byte[request.Bytes];
        long next = Stopwatch.GetTimestamp();
        for (int i = 0; i < times.Length; i++)
        {
            Random.Shared.NextBytes(value);
            WaitUntil(next);
            times[i] = Stopwatch.GetTimestamp();
            next = times[i] + (request.GapMicroseconds * Stopwatch.Frequency / 1_000_000);
            Node.Vault.Put("items", string.Create(CultureInfo.InvariantCulture, $"live/{Environment.ProcessId}/{_puts++}"), new MemoryStream(value, writable: false));
        }

        return times;
    }

    private ChildAnswer Sync(string address, SyncRequest request)
    {
        RoundSummary? summary = null;
        var answer = Timed(() => summary = Node.Node.SyncAsync([address], request).GetAwaiter().GetResult());
        if (summary!.Outcome is not (SyncOutcome.Synced or SyncOutcome.UpToDate)) throw new InvalidOperationException(summary.Outcome + ": " + summary.Peers[0].Error);
        return answer with { Held = Node.Held, Bytes = summary.WireBytes, RoundTrips = summary.RoundTrips };
    }

    // Sleeping is coarse and spinning takes a processor from the peer: so the one, then a little of the other.
    private static void WaitUntil(long timestamp)
    {
        while (Stopwatch.GetTimestamp() is var now && now < timestamp)
        {
            if (Stopwatch.GetElapsedTime(now, timestamp) > TimeSpan.FromMilliseconds(1.2)) Thread.Sleep(1);
            else Thread.SpinWait(20);
        }
    }

    private static ChildAnswer Done(Action body)
    {
        body();
        return new();
    }

    private static ChildAnswer Timed(Action body)
    {
        long start = Stopwatch.GetTimestamp();
        body();
        return new() { Start = start, End = Stopwatch.GetTimestamp() };
    }
}
