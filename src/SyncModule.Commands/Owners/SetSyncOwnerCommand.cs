using System.Management.Automation;
using SyncModule.Commands.Transactions;
using SyncModule.Commands.Vaults;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Owners;

/// <summary>Set-SyncOwner: one device owns a record, or a whole collection: it alone changes it, everybody reads it. Claims, hands over, and rescues what a lost device owned.</summary>
[Cmdlet(VerbsCommon.Set, "SyncOwner", SupportsShouldProcess = true)]
[OutputType(typeof(SyncOwner))]
public sealed class SetSyncOwnerCommand : VaultCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.CollectionNameCompleter))]
    public string Collection { get; set; } = "";

    /// <summary>A record with what stands under its name and a /; without it the whole collection.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(Completion.ItemNameCompleter))]
    public string Unit { get; set; } = "";

    /// <summary>The device that owns it from now on; without it this one.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.DeviceNameCompleter))]
    public string? To { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override TransactionUse InTransaction => TransactionUse.TakesPart;

    protected override void Process()
    {
        string unit = Unit.Length == 0 ? "" : ItemName.Check(Unit), collection = ItemName.Check(Collection);
        Subject = unit.Length == 0 ? collection : unit;
        var open = Open();
        var to = To is null ? open.Vault.Device : open.Vault.DeviceOf(To, SyncErrors.NotAMember);
        if (!ShouldProcess($"{(unit.Length == 0 ? "collection " + collection : $"{unit} in collection {collection}")} in vault {open.Name}", ActionOf(open, collection, unit, to))) return;
        if (open.Transaction is { } transaction) transaction.Own(collection, unit, to);
        else open.Vault.Own(collection, unit, to);
        if (PassThru) WriteObject(OwnerObjects.Of(open, collection).Where(o => o.Unit == unit), enumerateCollection: true);
    }

    // Who reads -WhatIf shall see that something is taken from somebody.
    private static string ActionOf(OpenVault open, string collection, string unit, DeviceId to)
    {
        string name = open.Vault.DeviceName(to);
        var current = open.Vault.Owners(collection).Where(o => o.Unit == unit).Select(o => (DeviceId?)o.Owner).FirstOrDefault();
        if (current is null || current == to) return $"Make {name} the owner";
        return current == open.Vault.Device ? $"Hand over to {name}" : $"Take over from {open.Vault.DeviceName(current.Value)} for {name}";
    }
}
