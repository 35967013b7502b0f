using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;
using SyncModule.Simulation.Machines;

namespace SyncModule.Simulation.Checking;

/// <summary>
/// "No byte of a commit leaves the process before its own fsync" (format-1 §3, §12), looked up on the disk itself: what a power cut
/// could still take away must not be sent, shown or acknowledged.
/// </summary>
internal static class DurabilityCheck
{
    /// <summary>A caller has just been told that something is stored: the log's last segment has nothing that is unsynced. Before any other call, which might sync it.</summary>
    public static void LogIsSynced(SimulatedDisk disk, string told)
    {
        string? last = disk.Files.Names.Keys.LastOrDefault(p => p.StartsWith("log/", StringComparison.Ordinal) && p.EndsWith(".log", StringComparison.Ordinal));
        if (last is null || !disk.Files.SurvivesPowerCut(last, 0, (int)disk.Files.Names[last].Length)) throw new Violation("fsync", $"{told}, and a power cut would take bytes of {last} away");
    }

    /// <summary>One commit with its blocks is on the disk; where it is applied, with the objects in which some of them stand.</summary>
    public static void IsOnDisk(SimulatedProcess process, CommitId id, string what)
    {
        var disk = process.Disk;
        if (disk.KnownDurable.Contains(id)) return;
        var row = process.Vault.FindCommit(id) ?? throw new Violation("I1 lost", $"{what}, and it is not in the log");
        foreach (var position in row.Blocks.Append(row.Position))
        {
            if (!disk.Files.SurvivesPowerCut(LogFormat.SegmentPath(position.Segment), position.Offset, position.Length)) throw new Violation("fsync", $"{what} before its fsync");
        }

        if (row.State == CommitState.Applied)
        {
            var objects = process.Vault.BlockObjectsOf(row);
            // Another process may have begun to make the index anew while the blocks were read.
            if (objects.Count > 0) process.Vault.UpdateIndex();
            foreach (var address in objects) ObjectIsOnDisk(process, address, what);
        }

        disk.KnownDurable.Add(id);
    }

    /// <summary>What the process shows to sessions is on the disk.</summary>
    public static void ShownIsOnDisk(SimulatedProcess process)
    {
        foreach (var (log, tips) in process.Vault.HeldVector(Lane.Data).Logs)
        {
            foreach (var tip in tips) IsOnDisk(process, tip.Id, $"commit {tip.Sequence} of log {log} is shown");
        }
    }

    /// <summary>An object that was said to be stored is on the disk.</summary>
    public static void ObjectIsOnDisk(SimulatedProcess process, ObjectAddress address, string what = "a peer was told that an object is stored")
    {
        if (process.Vault.Locate([address])[0] is not { } location) throw new Violation("I1 lost", $"{what}, and an object of it is not listed");
        string path = location.Pack.IsZero ? LogFormat.SegmentPath(location.Segment) : PackFormat.PathOf(location.Pack);
        if (!process.Disk.Files.SurvivesPowerCut(path, location.Offset, location.Length)) throw new Violation("fsync", $"{what} before its fsync");
    }

    /// <summary>Every commit in these frames, and every one that they say is held here, is on the sender's disk.</summary>
    public static void SentIsOnDisk(SimulatedProcess process, ReadOnlyMemory<byte> frames, History history)
    {
        var reader = new FrameReader();
        var bytes = frames.Span;
        while (reader.TryRead(ref bytes, out var frame))
        {
            if (frame.Type == FrameType.Vector) ClaimIsOnDisk(process, VectorMessage.Decode(frame.Body.Span), acknowledged: false);
            if (frame.Type == FrameType.Ack) ClaimIsOnDisk(process, AckMessage.Decode(frame.Body.Span).Held, acknowledged: true);
            if (frame.Type != FrameType.Commits) continue;
            foreach (var bundle in CommitsMessage.Decode(frame.Body.Span).Bundles)
            {
                var commit = Commit.Decode(bundle.Record);
                history.See(commit.Header, commit.Id);
                IsOnDisk(process, commit.Id, $"commit {commit.Header.Sequence} of log {commit.Header.Log} was sent");
            }
        }
    }

    private static void ClaimIsOnDisk(SimulatedProcess process, VectorMessage claim, bool acknowledged)
    {
        foreach (var tip in claim.Vector?.Logs.SelectMany(l => l.Value) ?? [])
        {
            IsOnDisk(process, tip.Id, $"commit {tip.Sequence} was said to be held");
            if (acknowledged) process.Disk.Acknowledged.Add(tip.Id);
        }
    }

    /// <summary>I1: what somebody was told is stored on this disk is there.</summary>
    public static void AcknowledgedIsHere(SimulatedProcess process)
    {
        // While one looks, another process of the machine may act in between, and what it is told counts from then on.
        foreach (var id in process.Disk.Acknowledged.ToList())
        {
            if (process.Vault.FindCommit(id) is null) throw new Violation("I1 lost", $"an acknowledged commit is not on {process.Machine.Name} any more");
        }
    }

    /// <summary>I10: what a disk says it holds never becomes less, unless a failed sync took groups away that nobody was told are stored.</summary>
    public static void HeldGoesForward(SimulatedProcess process)
    {
        var held = process.Vault.HeldVector(Lane.Data);
        bool cut = process.Machine.Trouble.TakeFailedSync();
        foreach (var (log, tips) in process.Disk.LastHeld.Logs)
        {
            if (!cut && held.Sequence(log) < tips[^1].Sequence) throw new Violation("I10 went back", $"{process.Machine.Name} held {tips[^1].Sequence} commits of log {log} and now {held.Sequence(log)}");
        }

        process.Disk.LastHeld = held;
    }
}
