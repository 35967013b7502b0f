using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Applying;

/// <summary>{"op":"rmtree","key":K}: an item and everything under its name and a slash.</summary>
internal sealed class TreeOperation(ApplyLine line) : ApplyOperation(line)
{
    public override void AddTo(VaultTransaction transaction, CancellationToken cancellation)
    {
        if (transaction.DeleteTree(Collection, Key!) == 0) throw SyncErrors.ItemNotFound.With($"There is no item '{Key}' and none under it");
    }
}

/// <summary>{"op":"own","collection":C,"unit":KEY,"to":DEVICE}: a unit gets an owner; without unit the collection, without to this device.</summary>
internal sealed class OwnOperation(ApplyLine line) : ApplyOperation(line, ofItem: false)
{
    private readonly string _unit = line.Text("unit") ?? "";
    private readonly string? _to = line.Text("to");

    public override void AddTo(VaultTransaction transaction, CancellationToken cancellation) =>
        transaction.Own(Collection, _unit, _to is null ? null : transaction.Vault.DeviceOf(_to, SyncErrors.NotAMember));
}
