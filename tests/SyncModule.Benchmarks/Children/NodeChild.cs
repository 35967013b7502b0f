using System.Diagnostics;
using System.Text.Json;
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

    private ChildAnswer Handle(ChildRequest request)
    {
        switch (request.Do)
        {
            case "open":
                _node = new OpenNode(new VaultFolder(request.Folder!, request.Key!));
                return new();
            case "close":
                Node.Dispose();
                _node = null;
                GC.Collect();
                return new();
            case "serve": return new() { Port = Node.Serve() };
            case "follow":
                Node.Follow(request.Address!);
                return new();
            case "stop":
                Node.Stop();
                return new();
            case "import": return Timed(() =>
            {
                var result = FolderImport.Run(Node.Vault, request.Folder!, new ImportOptions());
                if (result.Problems.Count > 0) throw new InvalidOperationException(result.Problems[0].ToString());
            }) with { Held = Node.Held };
            case "sync": return Sync(request.Address!);
            case "held": return new() { Held = Node.Held };
            case "reached": return new() { End = Node.Arrivals.Reached(request.Held!) };
            case "processor": return new() { Processor = Environment.CpuUsage.TotalTime.TotalSeconds };
            default: throw new InvalidOperationException($"'{request.Do}' is no request.");
        }
    }

    private ChildAnswer Sync(string address)
    {
        SyncSummary? summary = null;
        var answer = Timed(() => summary = Node.Node.SyncAsync([address], new SyncRequest()).GetAwaiter().GetResult());
        if (summary!.Outcome is not (SyncOutcome.Synced or SyncOutcome.UpToDate)) throw new InvalidOperationException(summary.Outcome + ": " + summary.Peers[0].Error);
        return answer with { Held = Node.Held, Bytes = summary.WireBytes, RoundTrips = summary.RoundTrips };
    }

    private static ChildAnswer Timed(Action body)
    {
        long start = Stopwatch.GetTimestamp();
        body();
        return new() { Start = start, End = Stopwatch.GetTimestamp() };
    }
}
