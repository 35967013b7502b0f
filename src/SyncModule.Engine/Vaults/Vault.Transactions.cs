namespace SyncModule.Engine.Vaults;

/// <summary>Many changes as one commit.</summary>
public sealed partial class Vault
{
    /// <summary>Begins a transaction. Nothing is locked by it, and nothing is written before its end; one that is only disposed leaves no change.</summary>
    /// <param name="atomic">The commit says so: one malformed or refused operation voids all of it, on every replica (format-1 §7).</param>
    public VaultTransaction Begin(bool atomic = false) => new(_context, this, atomic);
}
