using System.Management.Automation;

namespace SyncModule.Commands.Schedules;

/// <summary>Unregister-SyncSchedule: takes schedules away, with their files. The vault and its key file stay.</summary>
[Cmdlet(VerbsLifecycle.Unregister, "SyncSchedule", SupportsShouldProcess = true)]
[OutputType(typeof(SyncSchedule))]
public sealed class UnregisterSyncScheduleCommand : SyncCmdlet
{
    /// <summary>Of a schedule or of its vault.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Vault", "VaultName")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.ScheduleNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Gives the schedules that were taken away.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void Process()
    {
        var schedules = Engine.Scheduling.Schedules.OfUser();
        foreach (string name in Name)
        {
            Try(name, () =>
            {
                foreach (string found in ScheduleSelection.Find(schedules, name))
                {
                    Try(found, () =>
                    {
                        if (schedules.Find(found) is not { } plan || !ShouldProcess($"schedule {found}", "Take it away, with its script")) return;
                        var before = PassThru ? schedules.Describe(plan) : null;
                        schedules.Unregister(plan);
                        if (before is not null) WriteObject(before);
                    });
                }
            });
        }
    }
}
