using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Pairing;
using SyncModule.Engine.Transport;
using SyncModule.Engine.Vaults;

namespace SyncModule.Benchmarks.Children;

/// <summary>A vault's folder and the key file that opens it: no passphrase is stretched within any clock.</summary>
internal sealed record VaultFolder(string Folder, string KeyFile)
{
    public static VaultFolder Create(Scratch scratch, string name)
    {
        var vault = New(scratch, name);
        using var slot = vault.Slot();
        VaultCreation.Create(new FolderStores(vault.Folder, null, create: true), name, [slot], TimeProvider.System, SystemRandomSource.Instance);
        return vault;
    }

    /// <summary>Another device's replica of this vault, by a real invite over loopback.</summary>
    public VaultFolder Pair(Scratch scratch, string name)
    {
        var joined = New(scratch, name);
        using var slot = joined.Slot();
        using var inviter = Open();
        var text = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var inviting = PairingOperations.InviteAsync(inviter, new NodeOptions(), PeerAddress.Parse("127.0.0.1:0"), TimeSpan.FromMinutes(1), (t, _) => text.SetResult(t));
        PairingOperations.JoinAsync(text.Task.GetAwaiter().GetResult(), new FolderStores(joined.Folder, null, create: true), name, [slot], new NodeOptions(), TimeProvider.System, SystemRandomSource.Instance, joined.Unlock).GetAwaiter().GetResult();
        inviting.GetAwaiter().GetResult();
        return joined;
    }

    public Vault Open() => VaultCreation.Open(new FolderStores(Folder, null), Unlock, TimeProvider.System, SystemRandomSource.Instance);

    public void Delete()
    {
        Directory.Delete(Folder, recursive: true);
        File.Delete(KeyFile);
    }

    private static VaultFolder New(Scratch scratch, string name)
    {
        string folder = scratch.New(name);
        using var key = Engine.Cryptography.KeyFile.Create(SystemRandomSource.Instance);
        key.WriteTo(folder + ".key");
        return new(folder, folder + ".key");
    }

    private UnlockedVaultFile Unlock(VaultFile file)
    {
        using var key = Engine.Cryptography.KeyFile.ReadFrom(KeyFile);
        return file.UnlockWithKeyFile(key);
    }

    private SlotKey Slot()
    {
        using var key = Engine.Cryptography.KeyFile.ReadFrom(KeyFile);
        return SlotKey.FromKeyFile(key);
    }
}
