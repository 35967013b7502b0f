using System.Management.Automation;
using SyncModule.Commands.Vaults;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Profiles;
using SyncModule.Engine.Scheduling;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Schedules;

/// <summary>Register-SyncSchedule: lets the system's scheduler sync a vault every so often. With -WhatIf it shows the files and writes nothing.</summary>
[Cmdlet(VerbsLifecycle.Register, "SyncSchedule", SupportsShouldProcess = true)]
[OutputType(typeof(SyncSchedule))]
public sealed class RegisterSyncScheduleCommand : SyncCmdlet
{
    // What moves this user's folders; a scheduler starts with none of them.
    private static readonly string[] Passed = ["SYNCMODULE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"];

    [Parameter(Mandatory = true, Position = 0)]
    public TimeSpan Every { get; set; }

    /// <summary>Whom to sync with; all peers with an address when not given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.PeerNameCompleter))]
    public string[]? Peer { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("VaultName")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(Completion.VaultNameCompleter))]
    public VaultIdentity? Vault { get; set; }

    /// <summary>The key file that opens the vault; the one of the vault's entry when not given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? KeyFile { get; set; }

    /// <summary>Replaces the vault's schedule.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override bool EndsWithAnyError => true;

    protected override void Process()
    {
        var known = VaultChoice.Find(this, Vault);
        Subject = known.Name;
        if (KnownVaults.OfUser.Find(known.Name) is null) throw SyncErrors.VaultUnknown.With($"The vault in {known.Path} has no name, and a schedule is called after it");
        string keyFile = KeyFileOf(known);
        var schedules = Engine.Scheduling.Schedules.OfUser();
        var plan = PlanOf(known, keyFile, schedules.ScriptOf(known.Name));
        plan.Check();
        if (ShouldProcess($"vault {known.Name}", $"Let the system sync it every {Every:c}"))
        {
            schedules.Register(plan, Force);
            if (schedules.Caution is { } caution) WriteWarning(caution);
            WriteObject(schedules.Describe(plan));
        }
        else if (MyInvocation.BoundParameters.TryGetValue("WhatIf", out object? whatIf) && whatIf is SwitchParameter { IsPresent: true })
        {
            // As Write-Host does it: seen on the console, and caught with 6>&1 by who wants the text.
            foreach (var file in schedules.FilesOf(plan)) WriteInformation(new HostInformationMessage { Message = $"# {file.Path}\n{file.Text}" }, ["PSHOST"]);
        }
    }

    // Tried now: a wrong one would be found at night by nobody.
    private string KeyFileOf(KnownVault known)
    {
        var file = VaultCreation.ReadVaultFile(new FolderStores(known.Path, witnessFolder: null).Disk);
        string keyFile = KeyFile is not null ? SessionPath.Of(this, KeyFile)
            : Unlocking.Variable(Unlocking.KeyFileVariable) is { } variable ? SessionPath.Of(this, variable)
            : known.KeyFile ?? throw SyncErrors.ScheduleNeedsKeyFile.With(file.Slots.Any(s => s.Type == SlotType.KeyFile)
                ? $"No key file of vault {known.Name} is known"
                : $"Only a passphrase opens vault {known.Name}");
        Unlocking.WithKeyFile(file, keyFile).Dispose();
        return keyFile;
    }

    private SchedulePlan PlanOf(KnownVault known, string keyFile, string script) => new(
        known.Name, known.Path, keyFile, Peer ?? [], Every, DateTimeOffset.Now,
        PowerShellProgram.Of((string)SessionState.PSVariable.GetValue("PSHOME")),
        PowerShellProgram.NameOfModule(MyInvocation.MyCommand.Module?.ModuleBase ?? Path.GetDirectoryName(GetType().Assembly.Location)!),
        script,
        Passed.Select(n => (Name: n, Value: Unlocking.Variable(n))).Where(v => v.Value is not null).ToDictionary(v => v.Name, v => v.Value!, StringComparer.Ordinal),
        Environment.UserDomainName + "\\" + Environment.UserName);
}
