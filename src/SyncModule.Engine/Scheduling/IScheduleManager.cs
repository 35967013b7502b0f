namespace SyncModule.Engine.Scheduling;

/// <summary>A system's scheduler, as far as a schedule of this user needs it.</summary>
public interface IScheduleManager
{
    SyncScheduleKind Kind { get; }

    /// <summary>What a person should know before relying on it, as it is now; null when there is nothing.</summary>
    string? Caution { get; }

    /// <summary>The scheduler's own files; the first is the one that people look for.</summary>
    /// <param name="plan">What is scheduled.</param>
    /// <param name="folder">The folder of this user's scripts and records, for a file that the scheduler wants to be given from anywhere.</param>
    IReadOnlyList<ScheduleFile> FilesOf(SchedulePlan plan, string folder);

    /// <summary>Before anything is written: is the scheduler there?</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.ScheduleUnavailable"/>.</exception>
    void Check();

    /// <summary>Makes the scheduler run it. Its files are there.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.ScheduleUnavailable"/>.</exception>
    void Start(SchedulePlan plan, IReadOnlyList<ScheduleFile> files);

    /// <summary>Makes the scheduler forget it; a run that is on its way ends by itself. Its files are still there. No error when the scheduler has none of that name.</summary>
    void Stop(SchedulePlan plan);

    /// <summary>After the files are gone.</summary>
    void Forget(SchedulePlan plan);

    /// <summary>What the scheduler knows; never throws for a schedule that it does not have.</summary>
    ScheduleState StateOf(SchedulePlan plan);
}

/// <summary>Which scheduler this system has.</summary>
public static class ScheduleManagers
{
    public static IScheduleManager OfSystem() =>
        OperatingSystem.IsWindows() ? new TaskScheduleManager(CommandRunner.Run)
        : OperatingSystem.IsMacOS() ? new LaunchdScheduleManager(CommandRunner.Run, Home())
        : new SystemdScheduleManager(CommandRunner.Run, SystemdScheduleManager.UserFolder(Home()));

    private static string Home() => Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } home ? home : throw SyncErrors.ScheduleUnavailable.With("This user has no home folder");
}
