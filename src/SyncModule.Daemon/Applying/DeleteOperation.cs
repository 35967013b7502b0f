using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Applying;

/// <summary>{"op":"delete","collection":C,"key":K}: of an item that is there.</summary>
internal sealed class DeleteOperation(ApplyLine line) : ApplyOperation(line)
{
    public override void AddTo(VaultTransaction transaction, CancellationToken cancellation)
    {
        if (!transaction.Delete(Collection, Key!)) throw SyncErrors.ItemNotFound.With($"There is no item '{Key}' to delete");
    }
}
