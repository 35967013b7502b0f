using SyncModule.Benchmarks.Machine;

namespace SyncModule.Benchmarks.Report;

/// <summary>A limit that the product holds, and the goal behind it.</summary>
/// <param name="What">For people.</param>
/// <param name="Figure">Whose median is judged.</param>
/// <param name="Rivals">The best median of these is what it is divided by; none = the value itself is judged.</param>
/// <param name="Limit">Met when the value is not beyond it.</param>
/// <param name="Goal">What is aimed at.</param>
internal sealed record Gate(string What, string Figure, IReadOnlyList<string> Rivals, double Limit, double? Goal = null)
{
    /// <summary>The limit where the processor has no AVX-512 (sixteen hashes at once are not to be had there).</summary>
    public double? LimitWithoutAvx512 { get; init; }

    /// <summary>True for rates: more is better.</summary>
    public bool AtLeast { get; init; }

    public double LimitOn(MachineFacts machine) => machine.Avx512 ? Limit : LimitWithoutAvx512 ?? Limit;

    public bool Holds(double value, double limit) => AtLeast ? value >= limit : value <= limit;
}

/// <summary>All gates in one place; the works only measure.</summary>
internal static class Gates
{
    private static readonly string[] Fsync = ["bulk/rsync-fsync"];
    private static readonly string[] Ssh = ["bulk/rsync-ssh-aes128-gcm", "bulk/rsync-ssh-chacha20"];

    public static IReadOnlyList<Gate> All { get; } =
    [
        new("500 MB import + send, against rsync --fsync", "bulk/import+send", Fsync, 1.8, 1.35) { LimitWithoutAvx512 = 2.2 },
        new("500 MB import + send, against the best rsync over ssh", "bulk/import+send", Ssh, 1.1, 0.85),
        new("500 MB transfer alone, against rsync --fsync", "bulk/transfer", Fsync, 1.0, 0.7),
        new("processor seconds a GB, both ends, transfer alone", "bulk/cpu-transfer", [], 1.5, 1.2),
        new("processor seconds a GB, both ends, import + send", "bulk/cpu-import+send", [], 3.0, 2.4),
        new("peak memory of the sender, 500 MB (MB)", "bulk/memory-sender", [], 150, 80),
        new("peak memory of the receiver, 500 MB (MB)", "bulk/memory-receiver", [], 150, 80),
        new("10,000 × 1 KB import + send, against rsync --fsync", "small/import+send", ["small/rsync-fsync"], 0.06, 0.02),
        new("10,000 × 1 KB import + send (s)", "small/import+send", [], 0.3, 0.1),
        new("durable 1 KB puts a second, batches of 1,000", "ingest/batch-1000", [], 200_000, 300_000) { AtLeast = true },
        new("durable 1 KB puts a second, 64 callers", "ingest/callers-64", [], 60_000, 95_000) { AtLeast = true },
        new("durable 1 KB puts one by one, against SQLite", "ingest/batch-1", ["ingest/sqlite-full-batch-1"], 0.95, 1.2) { AtLeast = true },
        new("open a vault of 1,000,000 items (ms)", "million/open", [], 100, 10),
        new("list 1,000,000 items (s)", "million/list", [], 1.5, 0.8),
        new("make the index of 1,000,000 items anew (s)", "million/rebuild", [], 10, 7),
        new("1,000 changes visible on another device (s)", "merge/thousand", [], 1),
        new("100,000 changes visible on another device (s)", "merge/hundred-thousand", [], 10),
        new("operations folded a second, all kinds mixed", "merge/fold", [], 300_000) { AtLeast = true },
        new("explain a key among 1,000,000 operations (ms)", "merge/explain", [], 10),
        new("open a vault of 1,000,000 operations (ms)", "merge/open", [], 1_000),
        new("second sync, nothing to do (ms)", "idle/time", [], 50, 5),
        new("second sync, bytes after the handshake", "idle/bytes", [], 2048),
        new("cold connect to the first small object (round trips)", "connect/round-trips", [], 3),
        new("live put to durable at the peer, p50 (ms)", "latency/gap-p50", [], 1, 0.3),
        new("live put to durable at the peer, p99 (ms)", "latency/gap-p99", [], 5, 1),
        new("live put back to back, p50 (ms)", "latency/back-to-back-p50", [], 1, 0.3),
        new("live put back to back, p99 (ms)", "latency/back-to-back-p99", [], 5, 1),
    ];

    /// <summary>Each gate with its value in this run; gates whose figures were not measured are left out.</summary>
    public static IReadOnlyList<GateResult> Judge(Func<string, double?> medianOf, MachineFacts machine)
    {
        var results = new List<GateResult>();
        foreach (var gate in All)
        {
            if (medianOf(gate.Figure) is not { } value) continue;
            if (gate.Rivals.Count > 0)
            {
                double[] rivals = [.. gate.Rivals.Select(medianOf).OfType<double>()];
                value /= rivals.Length == 0 ? double.NaN : gate.AtLeast ? rivals.Max() : rivals.Min();
            }

            double limit = gate.LimitOn(machine);
            results.Add(new(gate, value, limit, gate.Holds(value, limit), gate.Goal is { } goal && gate.Holds(value, goal)));
        }

        return results;
    }
}

/// <summary>A gate and what became of it. Its value is no number, and it is not met, where none of its rivals was measured.</summary>
internal sealed record GateResult(Gate Gate, double Value, double Limit, bool Met, bool GoalMet)
{
    public string Verdict => double.IsNaN(Value) ? "NOT JUDGED: its rival is missing" : !Met ? "MISSED" : GoalMet ? "met, goal too" : "met";
}
