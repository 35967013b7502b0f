using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Applying;

/// <summary>{"op":"delete","collection":C,"key":K}: of an item that is there.</summary>
internal sealed class DeleteOperation(ApplyLine line) : ApplyOperation
{
    private readonly string _collection = line.Collection, _key = line.Key;

    public override void AddTo(VaultTransaction transaction, CancellationToken cancellation)
    {
        if (!transaction.Delete(_collection, _key)) throw SyncErrors.ItemNotFound.With($"There is no item '{_key}' to delete");
    }
}
