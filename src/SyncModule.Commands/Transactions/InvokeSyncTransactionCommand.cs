using System.Collections.ObjectModel;
using System.Management.Automation;
using SyncModule.Commands.Vaults;

namespace SyncModule.Commands.Transactions;

/// <summary>Invoke-SyncTransaction: what a script block writes becomes one commit; an error in it leaves nothing.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "SyncTransaction", SupportsShouldProcess = true)]
[OutputType(typeof(SyncTransaction))]
public sealed class InvokeSyncTransactionCommand : VaultCmdlet
{
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNull]
    public ScriptBlock ScriptBlock { get; set; } = null!;

    /// <summary>The commit says so: a replica that has to refuse one operation refuses all.</summary>
    [Parameter]
    public SwitchParameter Atomic { get; set; }

    private protected override bool EndsWithAnyError => true;

    // Of one that is open it says itself that they cannot be nested.
    private protected override TransactionUse InTransaction => TransactionUse.Beside;

    protected override void Process()
    {
        var known = Locate();
        Subject = known.Name;
        string target = $"vault {known.Name}";
        bool goes = ShouldProcess($"Performing the operation \"Run as one transaction\" on target \"{target}\".", $"Run the script block as one transaction on {target}?", "Confirm", out var reason);
        bool isTrial = !goes && reason == ShouldProcessReason.WhatIf;
        if (!goes && !isTrial) return;
        var open = Open();
        using var transaction = open.Vault.Begin(Atomic);
        Collection<PSObject> output;
        using (OpenTransactions.Enter(known, transaction)) output = Run(isTrial);
        if (isTrial) return;
        StopToken.ThrowIfCancellationRequested();
        var result = transaction.Commit();
        WriteObject(new SyncTransaction
        {
            Vault = known.Name,
            Commit = result.Commit?.ToString(),
            Operations = result.Operations,
            Written = result.Puts,
            Deleted = result.Deletes,
            Atomic = Atomic,
            Output = [.. output],
        });
    }

    // Every error ends the block, unless a command in it says otherwise: half of a transaction is what nobody wants.
    private Collection<PSObject> Run(bool isTrial)
    {
        var variables = new List<PSVariable> { new("ErrorActionPreference", ActionPreference.Stop) };
        if (isTrial) variables.Add(new("WhatIfPreference", true));
        try
        {
            return ScriptBlock.InvokeWithContext(functionsToDefine: null, variables);
        }
        catch (RuntimeException e) when (e is not PipelineStoppedException)
        {
            ThrowTerminatingError(e.ErrorRecord);
            throw;
        }
    }
}
