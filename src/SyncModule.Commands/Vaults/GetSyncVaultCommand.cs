using System.Management.Automation;
using SyncModule.Commands.Names;
using SyncModule.Engine.Profiles;

namespace SyncModule.Commands.Vaults;

/// <summary>Get-SyncVault: this user's vaults. Opens none.</summary>
[Cmdlet(VerbsCommon.Get, "SyncVault")]
[OutputType(typeof(SyncVault))]
public sealed class GetSyncVaultCommand : SyncCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.VaultNameCompleter))]
    public string[] Name { get; set; } = ["*"];

    protected override void Process()
    {
        var all = KnownVaults.OfUser.List();
        foreach (string name in Name)
        {
            Try(name, () =>
            {
                var matches = NamePattern.Select(all, v => v.Name, name);
                if (matches.Count == 0 && !NamePattern.HasWildcards(name)) Report(SyncErrors.VaultUnknown.With($"There is no vault '{name}'{VaultIdentity.Suggestion(KnownVaults.OfUser)}"), name);
                foreach (var known in matches) WriteObject(VaultObjects.Of(known));
            });
        }
    }
}
