using System.CommandLine;
using SyncModule.Daemon.Unlocking;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Profiles;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.CommandLine;

/// <summary>A command on an existing vault: finds the folder, unlocks it, opens it, and closes it in every case.</summary>
internal abstract class VaultCommand : MirorCommand
{
    private readonly UnlockOptions _unlock = new();

    protected VaultCommand(string name, string description, params string[] examples)
        : base(name, description, examples)
    {
        Arguments.Add(VaultFolder);
    }

    protected Argument<string> VaultFolder { get; } = new("VAULT") { Description = "The vault's folder." };

    protected abstract Task<int> RunAsync(CommandRun run, Vault vault);

    /// <summary>What can be refused without the vault is refused before anybody is asked for a passphrase.</summary>
    protected virtual void Check(CommandRun run)
    {
    }

    protected virtual Vault Open(CommandRun run, IVaultStores stores, Func<VaultFile, UnlockedVaultFile> unlock) =>
        VaultCreation.Open(stores, unlock, TimeProvider.System, SystemRandomSource.Instance);

    protected sealed override async Task<int> RunAsync(CommandRun run)
    {
        Check(run);
        var stores = new FolderStores(run.Get(VaultFolder), UserFolders.State);
        var unlocker = new Unlocker(_unlock, run);
        using var vault = Open(run, stores, unlocker.Unlock);
        return await RunAsync(run, vault).ConfigureAwait(false);
    }

    protected override void AddCommonOptions()
    {
        _unlock.AddTo(this);
        base.AddCommonOptions();
    }
}
