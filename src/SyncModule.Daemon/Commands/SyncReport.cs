using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Nodes;

namespace SyncModule.Daemon.Commands;

/// <summary>The result of a round for scripts and for people.</summary>
internal static class SyncReport
{
    /// <summary>The fields of `sync` (spec: the command line), with what else a command has to say in front.</summary>
    public static Dictionary<string, object?> Fields(RoundSummary s, params (string Name, object? Value)[] before)
    {
        var fields = before.ToDictionary(b => b.Name, b => b.Value, StringComparer.Ordinal);
        fields["outcome"] = s.Outcome;
        fields["commitsSent"] = s.CommitsSent;
        fields["commitsReceived"] = s.CommitsReceived;
        fields["objectsSent"] = s.ObjectsSent;
        fields["objectsReceived"] = s.ObjectsReceived;
        fields["bytesSent"] = s.BytesSent;
        fields["bytesReceived"] = s.BytesReceived;
        fields["wireBytes"] = s.WireBytes;
        fields["roundTrips"] = s.RoundTrips;
        fields["resumed"] = s.Resumed;
        fields["seconds"] = s.Seconds;
        fields["conflicts"] = s.Conflicts;
        fields["peers"] = s.Peers.Select(p => new { peer = p.Peer, deviceId = p.Device?.ToString(), outcome = p.Outcome, error = p.Error?.ErrorId }).ToList();
        return fields;
    }

    /// <summary>A line for people, an error line for each peer that failed; gives the exit code.</summary>
    public static int Finish(ResultWriter output, RoundSummary s)
    {
        foreach (var peer in s.Peers)
        {
            if (peer.Error is { } error) ErrorReport.Line(error.Kind, error.Detail.StartsWith(peer.Peer, StringComparison.Ordinal) ? error.Detail : $"{peer.Peer}: {error.Detail}");
        }

        string word = s.Outcome switch
        {
            SyncOutcome.UpToDate => "Up to date",
            SyncOutcome.Synced => "Synced",
            SyncOutcome.Partial => "Synced in part",
            SyncOutcome.Conflicts => "Synced; versions wait for a person (mirord merge VAULT)",
            SyncOutcome.Offline => "No peer was reached",
            _ => "Failed",
        };
        output.Text(word + (s.Resumed ? ", resumed" : "") + (s.Outcome is SyncOutcome.Offline or SyncOutcome.Failed ? "." : ": " + Moved(s)));
        return s.ExitCode;
    }

    private static string Moved(RoundSummary s)
    {
        var parts = new List<string>();
        if (s.CommitsSent + s.ObjectsSent > 0) parts.Add($"sent {Human.Count(s.CommitsSent, "commit")} and {Human.Count(s.ObjectsSent, "object")}");
        if (s.CommitsReceived + s.ObjectsReceived > 0) parts.Add($"received {Human.Count(s.CommitsReceived, "commit")} and {Human.Count(s.ObjectsReceived, "object")}");
        if (parts.Count == 0) return $"{Human.Bytes(s.WireBytes)} on the wire in {Human.Seconds(s.Seconds)}";
        return $"{string.Join(", ", parts)}; {Human.Bytes(s.WireBytes)} on the wire in {Human.Seconds(s.Seconds)} ({Human.Rate(s.WireBytes, s.Seconds)})";
    }
}
