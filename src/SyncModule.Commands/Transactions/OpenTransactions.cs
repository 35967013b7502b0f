using SyncModule.Engine.Profiles;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Transactions;

/// <summary>What a cmdlet does where a transaction on its vault is open in its runspace.</summary>
internal enum TransactionUse
{
    /// <summary>It is refused: what it does could not be undone with the rest.</summary>
    Refused,

    /// <summary>It goes on beside it and knows nothing of its changes; it changes nothing in the vault.</summary>
    Beside,

    /// <summary>It takes part: sees the changes, and adds its own.</summary>
    TakesPart,
}

/// <summary>
/// The transactions that are open, by runspace and vault folder: a script block runs in one runspace, with everything that it calls. Jobs and
/// parallel blocks have others, and write by themselves.
/// </summary>
internal static class OpenTransactions
{
    private static readonly List<Entered> Open = []; // inner ones behind outer ones; there are few
    private static readonly Lock Gate = new();

    /// <summary>The transaction on a vault in this runspace; null when there is none.</summary>
    public static VaultTransaction? Find(string folder)
    {
        string path = VaultFolder.Canonical(folder);
        lock (Gate) return Open.Find(e => e.Runspace == Here && e.Folder == path)?.Transaction;
    }

    /// <summary>The vault of the innermost transaction in this runspace: what a command in its block means that names none. Null when there is none.</summary>
    public static KnownVault? Current
    {
        get
        {
            lock (Gate) return Open.FindLast(e => e.Runspace == Here)?.Known;
        }
    }

    /// <exception cref="SyncException"><see cref="SyncErrors.TransactionNested"/>.</exception>
    public static IDisposable Enter(KnownVault known, VaultTransaction transaction)
    {
        if (Find(known.Path) is not null) throw SyncErrors.TransactionNested.With($"There is a transaction on vault {known.Name} already");
        var entered = new Entered(Here, VaultFolder.Canonical(known.Path), known, transaction);
        lock (Gate) Open.Add(entered);
        return entered;
    }

    /// <summary>For what cannot be part of one.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.NotInTransaction"/>.</exception>
    public static void Refuse(KnownVault known, string what)
    {
        if (Find(known.Path) is not null) throw SyncErrors.NotInTransaction.With($"A transaction on vault {known.Name} is open, and {what} cannot be part of it");
    }

    private static Guid Here => System.Management.Automation.Runspaces.Runspace.DefaultRunspace?.InstanceId ?? Guid.Empty;

    private sealed class Entered(Guid runspace, string folder, KnownVault known, VaultTransaction transaction) : IDisposable
    {
        public Guid Runspace => runspace;

        public string Folder => folder;

        public KnownVault Known => known;

        public VaultTransaction Transaction => transaction;

        public void Dispose()
        {
            lock (Gate) Open.Remove(this);
        }
    }
}
