namespace SyncModule;

/// <summary>A sync that the system's scheduler runs, as Get-SyncSchedule shows it.</summary>
public sealed class SyncSchedule
{
    public required string Vault { get; init; }

    public required SyncScheduleKind Kind { get; init; }

    /// <summary>syncmodule- and the vault's name: what the scheduler calls it.</summary>
    public required string Name { get; init; }

    public TimeSpan Every { get; init; }

    /// <summary>Null when the scheduler does not know it, or while the sync runs.</summary>
    public DateTimeOffset? NextRun { get; init; }

    /// <summary>Null when it has not run yet, or the scheduler does not know.</summary>
    public DateTimeOffset? LastRun { get; init; }

    /// <summary>0 done · 1 error · 2 conflicts wait for a person · 3 no peer reached; 128 + n when signal n ended it. Null when it has not run yet.</summary>
    public int? LastExit { get; init; }

    /// <summary>False when the scheduler does not have it, for example because somebody deleted its files.</summary>
    public bool Active { get; init; }

    /// <summary>The file that the scheduler reads.</summary>
    public required string Path { get; init; }

    /// <summary>What it runs. Run it by hand to see what the schedule sees.</summary>
    public required string Script { get; init; }

    public override string ToString() => Name;
}

/// <summary>Whose schedule it is.</summary>
public enum SyncScheduleKind
{
    /// <summary>A timer of the user's systemd.</summary>
    SystemdTimer,

    /// <summary>An agent of macOS's launchd.</summary>
    LaunchAgent,

    /// <summary>A task of the Windows Task Scheduler.</summary>
    ScheduledTask,
}
