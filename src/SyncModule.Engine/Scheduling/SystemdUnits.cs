using System.Globalization;
using System.Text;

namespace SyncModule.Engine.Scheduling;

/// <summary>The two units of a systemd user timer.</summary>
public static class SystemdUnits
{
    private const string Head = "# Made by Register-SyncSchedule of SyncModule; Unregister-SyncSchedule takes it away.\n";

    /// <summary>
    /// Monotonic, not by the calendar: it takes any interval, and machines that are switched on together do not all sync at once. The
    /// accuracy is the tenth part of the interval and at most a minute, so that the system can wake for several timers at once.
    /// </summary>
    public static string TimerOf(SchedulePlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        double accuracy = Math.Clamp(plan.Every.TotalSeconds / 10, 1, 60);
        return $"""
            {Head}[Unit]
            Description={Value($"Sync of vault {plan.Vault} every {plan.Every:c}")}

            [Timer]
            OnActiveSec={Seconds(SchedulePlan.FirstAfter)}
            OnUnitActiveSec={Seconds(plan.Every)}
            AccuracySec={accuracy.ToString("0", CultureInfo.InvariantCulture)}s

            [Install]
            WantedBy=timers.target

            """;
    }

    public static string ServiceOf(SchedulePlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return $"""
            {Head}[Unit]
            Description={Value($"Sync of vault {plan.Vault}")}

            [Service]
            Type=oneshot
            ExecStart={Program(plan.Program)} {string.Join(' ', plan.Arguments.Select(Argument))}
            # 2: conflicts wait for a person; 3: no peer was reached, which is no fault of a machine on the road. Get-SyncSchedule shows both.
            SuccessExitStatus=2 3
            Nice=10

            """;
    }

    /// <summary>A unit name may hold ASCII letters, digits and :-_. alone; anything else is \xHH of its UTF-8 bytes, as systemd-escape writes it.</summary>
    public static string UnitName(string name)
    {
        var escaped = new StringBuilder();
        foreach (byte b in Encoding.UTF8.GetBytes(name))
        {
            if (char.IsAsciiLetterOrDigit((char)b) || b is (byte)':' or (byte)'-' or (byte)'_' or (byte)'.') escaped.Append((char)b);
            else escaped.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}");
        }

        return escaped.ToString();
    }

    private static string Seconds(TimeSpan time) => ((long)time.TotalSeconds).ToString(CultureInfo.InvariantCulture) + "s";

    // % begins a specifier everywhere.
    private static string Value(string text) => text.Replace("%", "%%", StringComparison.Ordinal);

    // A word of a command line: quoted, \ and " escaped, $ doubled because $NAME is a variable.
    private static string Argument(string text) => Quoted(text.Replace("$", "$$", StringComparison.Ordinal));

    // In the program's own path $ is a plain character (systemd substitutes in arguments alone).
    private static string Program(string text) => Quoted(text);

    private static string Quoted(string text) => $"\"{Value(text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal))}\"";
}
