using System.Globalization;

namespace SyncModule.Daemon.Output;

/// <summary>Numbers and times for people. Scripts use --json.</summary>
internal static class Human
{
    private static readonly string[] Units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>"812 B", "3.4 MiB".</summary>
    public static string Bytes(long bytes)
    {
        if (bytes < 1024) return string.Create(CultureInfo.InvariantCulture, $"{bytes} B");
        double value = bytes;
        int unit = -1;
        // 1023.95 would be shown as 1024.0 of the smaller unit.
        while (value >= 1023.95 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return unit < 0 ? string.Create(CultureInfo.InvariantCulture, $"{value / 1024:0.0} {Units[0]}") : string.Create(CultureInfo.InvariantCulture, $"{value:0.0} {Units[unit]}");
    }

    /// <summary>"12.3 MiB/s".</summary>
    public static string Rate(long bytes, double seconds) => Bytes((long)(bytes / Math.Max(seconds, 0.001))) + "/s";

    /// <summary>Local time with seconds, ISO 8601 order.</summary>
    public static string Time(DateTimeOffset time) => time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>"1 item", "3 items".</summary>
    public static string Count(long count, string one, string? many = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:#,0} {(count == 1 ? one : many ?? one + "s")}");

    /// <summary>"0.42 s", "3 min 12 s".</summary>
    public static string Seconds(double seconds) =>
        seconds < 60 ? string.Create(CultureInfo.InvariantCulture, $"{seconds:0.00} s") : string.Create(CultureInfo.InvariantCulture, $"{(int)(seconds / 60)} min {(int)(seconds % 60)} s");

    /// <summary>The part of an id that people compare.</summary>
    public static string Short(string id) => id.Length > 8 ? id[..8] : id;
}
