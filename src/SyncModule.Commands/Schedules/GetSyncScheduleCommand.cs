using System.Management.Automation;

namespace SyncModule.Commands.Schedules;

/// <summary>Get-SyncSchedule: this user's scheduled syncs, when they run next and how they ended.</summary>
[Cmdlet(VerbsCommon.Get, "SyncSchedule")]
[OutputType(typeof(SyncSchedule))]
public sealed class GetSyncScheduleCommand : SyncCmdlet
{
    /// <summary>Of a schedule or of its vault.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Vault", "VaultName")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.ScheduleNameCompleter))]
    public string[] Name { get; set; } = ["*"];

    protected override void Process()
    {
        var schedules = Engine.Scheduling.Schedules.OfUser();
        foreach (string name in Name)
        {
            Try(name, () =>
            {
                foreach (string found in ScheduleSelection.Find(schedules, name))
                {
                    // One record that cannot be read hides no other.
                    Try(found, () =>
                    {
                        if (schedules.Find(found) is { } plan) WriteObject(schedules.Describe(plan));
                    });
                }
            });
        }
    }
}
