using System.Management.Automation;
using SyncModule.Commands.Names;
using SyncModule.Engine.Profiles;

namespace SyncModule.Commands.Vaults;

/// <summary>Unregister-SyncVault: forgets names. Never touches the folders.</summary>
[Cmdlet(VerbsLifecycle.Unregister, "SyncVault", SupportsShouldProcess = true)]
[OutputType(typeof(SyncVault))]
public sealed class UnregisterSyncVaultCommand : SyncCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.VaultNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Gives what was forgotten: Register-SyncVault takes it from the pipeline.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void Process()
    {
        foreach (string name in Name)
        {
            Try(name, () =>
            {
                var matches = NamePattern.Select(KnownVaults.OfUser.List(), v => v.Name, name);
                if (matches.Count == 0 && !NamePattern.HasWildcards(name)) Report(SyncErrors.VaultUnknown.With($"There is no vault '{name}'"), name);
                foreach (var known in matches)
                {
                    if (!ShouldProcess($"vault {known.Name} in {known.Path}", "Forget the name; the folder stays")) continue;
                    var before = PassThru ? VaultObjects.Of(known) : null;
                    KnownVaults.OfUser.Remove(known.Name);
                    if (before is not null) WriteObject(before);
                }
            });
        }
    }
}
