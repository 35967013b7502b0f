using SyncModule.Commands.Names;
using SyncModule.Engine.Scheduling;

namespace SyncModule.Commands.Schedules;

/// <summary>Finds schedules by their own name or their vault's.</summary>
internal static class ScheduleSelection
{
    private static readonly int Prefix = SchedulePlan.NameOf("").Length;

    /// <exception cref="SyncException"><see cref="SyncErrors.ScheduleNotFound"/>: no wildcards, and no such schedule.</exception>
    public static IReadOnlyList<string> Find(Engine.Scheduling.Schedules schedules, string name)
    {
        var names = schedules.Names();
        var found = NamePattern.Select(names, n => n, name);
        if (found.Count == 0) found = NamePattern.Select(names, n => n[Prefix..], name);
        if (found.Count == 0 && !NamePattern.HasWildcards(name)) throw SyncErrors.ScheduleNotFound.With($"There is no schedule '{name}'");
        return found;
    }
}
