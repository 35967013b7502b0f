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
    // More of one version are counted.
    private const int MostFields = 4;

    /// <summary>The one-line reason of a record: what the winner has and why it stands.</summary>
    /// <param name="deviceName">What to call a device, for example its name in the membership.</param>
    public static string Reason(MergeRecord record, Func<DeviceId, string> deviceName)
    {
        var winner = Find(record, record.Winner);
        switch (record.Reason)
        {
            case MergeReason.SawAll: return "a later write had seen all of them";
            case MergeReason.ChosenByPerson: return "chosen by a person on " + Printable.Of(deviceName((record.Decision ?? winner).Device));
            case MergeReason.DifferentFields: return Fields(record, deviceName);
            case MergeReason.WaitsForPerson:
                string[] devices = [.. record.Heads.Select(h => Printable.Of(deviceName(h.Device))).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
                return devices.Length == 1 ? "changed twice at once on " + devices[0] : $"changed on {string.Join(", ", devices[..^1])} and {devices[^1]} at once";
            default:
                // Of an open record: against the greatest loser.
                var losers = record.Losers.Select(d => Find(record, d)).OrderBy(v => v.Timestamp).ThenBy(v => v.Device).ThenBy(v => v.Dot);
                var runner = record.Rule == MergeRule.FirstWriterWins ? losers.FirstOrDefault(winner) : losers.LastOrDefault(v => record.Reason == MergeReason.OfAuthority || record.Rule != MergeRule.Authority || v.Device == winner.Device, winner);
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
    /// <param name="state">As it shows.</param>
    /// <param name="records">Its own.</param>
    /// <param name="deviceName">What to call a device.</param>
    /// <param name="policy">Of the item: one that is not known here is told of.</param>
    public static string Of(KeyState state, IEnumerable<MergeRecord> records, Func<DeviceId, string> deviceName, ItemPolicy? policy = null)
    {
        var view = View.Of(state);
        var text = new StringBuilder();
        text.Append(Place(state.Collection, state.Key, ""));
        if (view.Winner is { } winner)
        {
            text.Append(view.Status switch { ItemStatus.Item => ": shows ", ItemStatus.Deleted => ": deleted by ", _ => ": waits for a person; by the default it would be " }).Append(Version(MergeVersion.Of(winner), deviceName)).Append('\n');
        }
        else
        {
            text.Append(": has no version\n");
        }

        if (policy is { IsKnown: false }) text.Append(CultureInfo.InvariantCulture, $"PolicyUnknown: its policy '{Printable.Of(policy.Name)}' version {policy.Version} is not known here; the default shows\n");
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
        text.Append(record.IsWaiting ? "waiting" : open ? "open" : "settled").Append(": ").Append(Place(record.Collection, record.Key, record.Path));
        text.Append(CultureInfo.InvariantCulture, $", {record.Heads.Count} versions, rule: {RuleName(record.Rule)}");
        // About all of them and not about one.
        if (record.IsWaiting || record.Rule == MergeRule.FieldMerge) text.Append(", ").Append(Reason(record, deviceName));
        text.Append('\n');
        var winner = Find(record, record.Winner);
        foreach (var head in record.Heads)
        {
            text.Append("  ").Append(Version(head, deviceName)).Append(": ");
            if (record.IsWaiting) text.Append("waits");
            else if (record.Rule == MergeRule.FieldMerge) text.Append(FieldsOf(record, head) is { Length: > 0 } fields ? "stands in " + fields : "stands in no field any more");
            else if (head.Dot == record.Winner) text.Append("active, ").Append(Reason(record, deviceName));
            else if (!record.Losers.Contains(head.Dot)) text.Append("says the same as the active version");
            else if (open) text.Append("loser, the active version was ").Append(Against(MergeRecords.Compare(record.Rule, winner, head), winner, head));
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
        MergeReason.LaterInCommit => "written in the same commit; the later operation decides",
        MergeReason.WrittenFirst => "written first " + Lead(loser.Timestamp, winner.Timestamp),
        MergeReason.LesserDevice => "written at the same time; the lesser device id decides",
        MergeReason.LesserCommit => "written at the same time by the same device; the lesser commit id decides",
        MergeReason.EarlierInCommit => "written in the same commit; the earlier operation decides",
        _ => "written by the authority of the collection",
    };

    // "url from laptop, retries from desk": the version that was written last is named first.
    private static string Fields(MergeRecord record, Func<DeviceId, string> deviceName) =>
        string.Join(", ", record.Heads.OrderByDescending(h => h.Timestamp).ThenByDescending(h => h.Device).ThenByDescending(h => h.Dot)
            .Select(h => (Fields: FieldsOf(record, h), Device: Printable.Of(deviceName(h.Device)))).Where(h => h.Fields.Length > 0).Select(h => $"{h.Fields} from {h.Device}"));

    private static string FieldsOf(MergeRecord record, MergeVersion head)
    {
        string[] fields = [.. record.Fields.Where(f => f.Dot == head.Dot).Select(f => Printable.Of(f.Path.StartsWith('/') ? StructuredItem.Unescape(f.Path[1..]) : f.Path))];
        return fields.Length <= MostFields ? string.Join(", ", fields) : string.Create(CultureInfo.InvariantCulture, $"{string.Join(", ", fields[..(MostFields - 1)])} and {fields.Length - MostFields + 1} more");
    }

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

    /// <summary>A rule's name for people.</summary>
    public static string RuleName(MergeRule rule) => rule switch
    {
        MergeRule.LastWriterWins => "last writer wins",
        MergeRule.Superseded => "superseded",
        MergeRule.Resolved => "resolved",
        MergeRule.FirstWriterWins => "first writer wins",
        MergeRule.Authority => "authority wins",
        MergeRule.FieldMerge => "field merge",
        _ => "manual",
    };

    private static MergeVersion Find(MergeRecord record, Dot dot) =>
        record.Decision is { } decision && decision.Dot == dot ? decision : record.Heads.First(h => h.Dot == dot);
}
