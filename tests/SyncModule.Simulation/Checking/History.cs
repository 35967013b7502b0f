using System.Security.Cryptography;
using SyncModule.Core.Model;

namespace SyncModule.Simulation.Checking;

/// <summary>What callers did, from outside: the values that anybody ever tried to put, and which commits were seen at which place in a log.</summary>
internal sealed class History
{
    private readonly Dictionary<string, HashSet<Id32>> _attempted = new(StringComparer.Ordinal);
    private readonly Dictionary<(LogId Log, ulong Sequence), CommitId> _places = [];

    /// <summary>Logs that a rolled-back machine went on with before anybody could tell it: they may fork (format-1 §2).</summary>
    public HashSet<LogId> MayFork { get; } = [];

    /// <summary>Increments of the tally, each by another number: which commit a caller was told; null where nobody was told anything.</summary>
    public Dictionary<long, CommitId?> Counted { get; } = [];

    /// <summary>Elements of the tally, each added once: the same.</summary>
    public Dictionary<string, CommitId?> Added { get; } = new(StringComparer.Ordinal);

    /// <summary>Elements that somebody tried to take out.</summary>
    public HashSet<string> Taken { get; } = new(StringComparer.Ordinal);

    /// <summary>Changes of parts of items and of trees.</summary>
    public long Parts { get; set; }

    /// <summary>What commits say whose blocks somebody has pruned: for the model, which needs all of it.</summary>
    public Dictionary<CommitId, IReadOnlyList<(Operation Operation, Core.Merging.OperationOrigin Origin)>> Operations { get; } = [];

    /// <summary>Checkpoints that forgot something.</summary>
    public long Checkpoints { get; set; }

    /// <summary>Times that old versions went from a disk.</summary>
    public long Pruned { get; set; }

    public long Puts { get; set; }

    public long Transactions { get; set; }

    public long Crashes { get; set; }

    public long Sessions { get; set; }

    /// <summary>Sessions in which a cut one was taken up again, seen from one end.</summary>
    public long Resumed { get; set; }

    /// <summary>Connections on which a message was changed, dropped, repeated or exchanged.</summary>
    public long Tampered { get; set; }

    /// <summary>Calls that ended with an error that the caller was told.</summary>
    public long Refusals { get; set; }

    public void Attempt(string key, byte[] value)
    {
        if (!_attempted.TryGetValue(key, out var values)) _attempted[key] = values = [];
        values.Add(new Id32(SHA256.HashData(value)));
    }

    /// <summary>I2: nothing appears that nobody put.</summary>
    public void CheckAttempted(string key, byte[] value)
    {
        if (!_attempted.TryGetValue(key, out var values) || !values.Contains(new Id32(SHA256.HashData(value)))) throw new Violation("I2 phantom", $"'{key}' has a value of {value.Length} bytes that nobody put");
    }

    /// <summary>I3: one commit at each place of a log, once anybody outside its process knows it.</summary>
    public void See(CommitHeader header, CommitId id)
    {
        if (_places.TryAdd((header.Log, header.Sequence), id)) return;
        if (_places[(header.Log, header.Sequence)] != id && !MayFork.Contains(header.Log)) throw new Violation("I3 contradiction", $"log {header.Log} has two commits with the number {header.Sequence}");
    }
}
