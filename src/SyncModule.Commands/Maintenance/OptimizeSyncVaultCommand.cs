using System.Management.Automation;
using SyncModule.Commands.Vaults;
using SyncModule.Engine.Maintenance;
using SyncModule.Engine.Profiles;

namespace SyncModule.Commands.Maintenance;

/// <summary>Optimize-SyncVault: forgets deletions that every device has, and takes off this disk what no version names. Nothing goes because it is old.</summary>
[Cmdlet(VerbsCommon.Optimize, "SyncVault", SupportsShouldProcess = true)]
[OutputType(typeof(SyncOptimization))]
public sealed class OptimizeSyncVaultCommand : VaultCmdlet
{
    /// <summary>The vault: a name, a folder, or an object of Get-SyncVault.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(Completion.VaultNameCompleter))]
    public VaultIdentity? Name { get; set; }

    /// <summary>Takes versions off this disk too that were replaced before every device had what replaced them.</summary>
    [Parameter]
    public SwitchParameter DropHistory { get; set; }

    /// <summary>Does not ask before history goes.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private bool _yesToAll, _noToAll;

    protected override void Process()
    {
        Vault = Name ?? Vault;
        var open = Open();
        var plan = Optimizer.Plan(open.Vault, DropHistory);
        string words = OptimizationObjects.InWords(plan), target = $"vault {open.Name}";
        if (!ShouldProcess($"Performing the operation \"{words}\" on target \"{target}\".", $"{words}, in {target}?", "Optimize", out var reason))
        {
            if (reason == ShouldProcessReason.WhatIf) Write(open, plan, whatIf: true);
            return;
        }

        RefuseOthers(open);
        // Where nobody answers, it means no.
        if (DropHistory && !Force && !ShouldContinue($"{words}, in {target}. Versions that go cannot be restored on this device any more. Go on?", "Drop history", hasSecurityImpact: true, ref _yesToAll, ref _noToAll)) return;
        Write(open, Optimizer.Run(open.Vault, DropHistory), whatIf: false);
    }

    // The engine sees other processes, and what is being stored in this one; not a follow that waits for its peers.
    private static void RefuseOthers(OpenVault open)
    {
        const int Ours = 1;
        if (OpenVaults.OfProcess.UsersOf(open.Known.Path) > Ours) throw SyncErrors.VaultBusy.With($"Vault {open.Name} is in use in this PowerShell: a job syncs it, or another command works on it");
    }

    private void Write(OpenVault open, OptimizeResult result, bool whatIf)
    {
        foreach (string warning in OptimizationObjects.Warnings(open, result)) WriteWarning(warning);
        WriteObject(OptimizationObjects.Of(open, result, whatIf));
    }
}
