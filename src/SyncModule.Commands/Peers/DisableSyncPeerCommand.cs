using System.Management.Automation;
using SyncModule.Commands.Maintenance;
using SyncModule.Commands.Names;
using SyncModule.Commands.Vaults;

namespace SyncModule.Commands.Peers;

/// <summary>Disable-SyncPeer: nobody waits any more for a device that is lost or away for long. It stays a member, and the command says so.</summary>
[Cmdlet(VerbsLifecycle.Disable, "SyncPeer", SupportsShouldProcess = true)]
[OutputType(typeof(SyncDevice))]
public sealed class DisableSyncPeerCommand : VaultCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.PeerNameCompleter))]
    public string[] Name { get; set; } = [];

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void Process()
    {
        var open = Open();
        foreach (string name in Name)
        {
            Try(name, () =>
            {
                foreach (var device in Find(open, name)) Disable(open, device);
            });
        }
    }

    // As Get-SyncPeer lists them; a member that another machine has named otherwise is found by what it calls itself, or by the beginning of its id.
    private static IReadOnlyList<DeviceId> Find(OpenVault open, string name)
    {
        var peers = PeerObjects.All(open, includeSelf: false).Where(p => p.DeviceId is not null).ToList();
        var found = NamePattern.Select(peers, p => p.Name, name);
        if (found.Count > 0 || NamePattern.HasWildcards(name)) return [.. found.Select(p => open.Vault.DeviceOf(p.DeviceId!, SyncErrors.NotAMember))];
        return [open.Vault.DeviceOf(name, SyncErrors.NotAMember)];
    }

    private void Disable(OpenVault open, DeviceId device)
    {
        string name = open.Vault.DeviceName(device);
        if (!ShouldProcess($"device {name} of vault {open.Name}", "Wait no more for it; it stays a member of the vault")) return;
        if (!open.Vault.Retire(device)) WriteVerbose($"Nobody waits for {name}, as before");
        // Who lost a machine must not believe that this locks it out.
        WriteWarning($"{name} is still a member of vault {open.Name}: it can read everything and sync with your other machines.");
        if (PassThru) WriteObject(OptimizationObjects.Of(open, open.Vault.Devices().First(d => d.Device == device)));
    }
}
