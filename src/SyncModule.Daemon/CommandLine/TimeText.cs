using System.Globalization;

namespace SyncModule.Daemon.CommandLine;

/// <summary>Times and durations as people type them.</summary>
internal static class TimeText
{
    private static readonly string[] Forms =
    [
        "yyyy-MM-dd", "yyyy-MM-ddK",
        "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
        "yyyy-MM-dd' 'HH:mmK", "yyyy-MM-dd' 'HH:mm:ssK", "yyyy-MM-dd' 'HH:mm:ss.FFFFFFFK",
    ];

    /// <summary>"90s", "10m", "2h", "1d": a number from 1 with its unit; null for anything else.</summary>
    public static TimeSpan? Duration(string text)
    {
        double unit = text.Length == 0 ? 0 : text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 0 };
        if (unit == 0 || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int count) || count < 1) return null;
        return count * unit < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(count * unit) : null;
    }

    /// <summary>ISO 8601, in local time where it has no offset, or a duration: so long ago.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.UsageWrong"/>.</exception>
    public static DateTimeOffset Parse(string option, string text, DateTimeOffset now)
    {
        if (Duration(text) is { } ago && ago < now - DateTimeOffset.UnixEpoch) return now - ago;
        return DateTimeOffset.TryParseExact(text, Forms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out var time)
            ? time
            : throw SyncErrors.UsageWrong.With($"{option} takes a time like 2026-11-30T14:05 or 2026-11-30T14:05:00Z, or how long ago: 90s, 10m, 2h, 1d");
    }
}
