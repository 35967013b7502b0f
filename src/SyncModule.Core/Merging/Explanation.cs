using System.Globalization;
using System.Text;
using SyncModule.Core.Model;

namespace SyncModule.Core.Merging;

/// <summary>
/// Merge decisions in words. Deterministic for equal input; lines end in \n. Names from other machines are shown with control and
/// direction characters escaped, so no key can draw over a terminal.
/// </summary>
public static class Explanation
{
    /// <summary>The one-line reason of a record: what the winner has and why it stands.</summary>
    /// <param name="deviceName">What to call a device, for example its name in the membership.</param>
    public static string Reason(MergeRecord record, Func<DeviceId, string> deviceName)
    {
        var winner = Find(record, record.Winner);
        switch (record.Reason)
        {
            case MergeReason.SawAll: return "a later write had seen all of them";
            case MergeReason.ChosenByPerson: return "chosen by a person on " + Printable.Of(deviceName((record.Decision ?? winner).Device));
            default:
                // Of an open record: against the greatest loser.
                var runner = record.Losers.Select(d => Find(record, d)).OrderBy(v => v.Timestamp).ThenBy(v => v.Device).ThenBy(v => v.Dot).LastOrDefault(winner);
                return Against(record.Reason, winner, runner);
        }
    }

    /// <summary>A record with a line for each version: version id, device, time, size, what became of it and why.</summary>
    public static string Of(MergeRecord record, Func<DeviceId, string> deviceName)
    {
        var text = new StringBuilder();
        Append(text, record, deviceName);
        return text.ToString();
    }

    /// <summary>Everything about one key: what shows now, then its records in the order (ts, id).</summary>
    public static string Of(KeyState state, IEnumerable<MergeRecord> records, Func<DeviceId, string> deviceName)
    {
        var view = View.Of(state);
        var text = new StringBuilder();
        text.Append(Place(state.Collection, state.Key, ""));
        if (view.Winner is { } winner)
        {
            text.Append(view.Status == ItemStatus.Item ? ": shows " : ": deleted by ").Append(Version(MergeVersion.Of(winner), deviceName)).Append('\n');
        }
        else
        {
            text.Append(": has no version\n");
        }

        bool any = false;
        foreach (var record in records.Order())
        {
            Append(text, record, deviceName);
            any = true;
        }

        if (!any) text.Append("no versions ever competed\n");
        return text.ToString();
    }

    private static void Append(StringBuilder text, MergeRecord record, Func<DeviceId, string> deviceName)
    {
        bool open = record.State == MergeState.Open;
        text.Append(open ? "open" : "settled").Append(": ").Append(Place(record.Collection, record.Key, record.Path));
        text.Append(CultureInfo.InvariantCulture, $", {record.Heads.Count} versions, rule: {RuleName(record.Rule)}\n");
        var winner = Find(record, record.Winner);
        foreach (var head in record.Heads)
        {
            text.Append("  ").Append(Version(head, deviceName)).Append(": ");
            if (head.Dot == record.Winner) text.Append("active, ").Append(Reason(record, deviceName));
            else if (!record.Losers.Contains(head.Dot)) text.Append("says the same as the active version");
            else if (open) text.Append("loser, the active version was ").Append(Against(MergeRecords.Compare(winner, head), winner, head));
            else text.Append("replaced, ").Append(Reason(record, deviceName));
            text.Append('\n');
        }

        if (record.Decision is not { } decision) return;
        text.Append("  ").Append(Version(decision, deviceName)).Append(": ");
        text.Append(decision.Dot == record.Winner ? "active, " + Reason(record, deviceName) : "carries the decision").Append('\n');
    }

    private static string Against(MergeReason reason, MergeVersion winner, MergeVersion loser) => reason switch
    {
        MergeReason.WrittenLater => "written later " + Lead(winner.Timestamp, loser.Timestamp),
        MergeReason.GreaterDevice => "written at the same time; the greater device id decides",
        MergeReason.GreaterCommit => "written at the same time by the same device; the greater commit id decides",
        _ => "written in the same commit; the later operation decides",
    };

    // Short enough for a column; where the times themselves are asked for, each version has its own.
    private static string Lead(HybridTimestamp later, HybridTimestamp earlier)
    {
        long milliseconds = later.Milliseconds - earlier.Milliseconds;
        if (milliseconds <= 0) return "within the same millisecond";
        if (milliseconds < 1000) return string.Create(CultureInfo.InvariantCulture, $"by {milliseconds} ms");
        var time = TimeSpan.FromMilliseconds(Math.Min(milliseconds, (long)TimeSpan.MaxValue.TotalMilliseconds - 1));
        if (time < TimeSpan.FromMinutes(1)) return string.Create(CultureInfo.InvariantCulture, $"by {time.TotalSeconds:0.0} s");
        return "by " + time.ToString(time < TimeSpan.FromDays(1) ? @"hh\:mm\:ss" : @"d\.hh\:mm\:ss", CultureInfo.InvariantCulture);
    }

    private static string Version(MergeVersion version, Func<DeviceId, string> deviceName)
    {
        string what = version.Alive ? version.Size.ToString(CultureInfo.InvariantCulture) + (version.Size == 1 ? " byte" : " bytes") : "deletion";
        return $"{VersionId.Of(version.Dot)} by {Printable.Of(deviceName(version.Device))} at {version.Timestamp}, {what}";
    }

    private static string Place(string collection, string key, string path) =>
        Printable.Of(key) + " in " + Printable.Of(collection) + (path.Length == 0 ? "" : ", cell " + Printable.Of(path));

    private static string RuleName(MergeRule rule) => rule switch
    {
        MergeRule.LastWriterWins => "last writer wins",
        MergeRule.Superseded => "superseded",
        _ => "resolved",
    };

    private static MergeVersion Find(MergeRecord record, Dot dot) =>
        record.Decision is { } decision && decision.Dot == dot ? decision : record.Heads.First(h => h.Dot == dot);
}
