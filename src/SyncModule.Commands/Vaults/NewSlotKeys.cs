using System.Management.Automation;
using System.Security;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Profiles;

namespace SyncModule.Commands.Vaults;

/// <summary>What shall open a new folder: a passphrase, a key file (made when it is not there), or both. Without either a person is asked.</summary>
internal sealed class NewSlotKeys : IDisposable
{
    private readonly List<SlotKey> _keys = [];

    public IReadOnlyList<SlotKey> Keys => _keys;

    /// <exception cref="SyncException"><see cref="SyncErrors.VaultLocked"/>: nothing was given and nobody can be asked; <see cref="SyncErrors.UsageWrong"/>: the key file would lie in the vault's folder.</exception>
    public static NewSlotKeys Make(PSCmdlet cmdlet, string folder, SecureString? passphrase, string? keyFile)
    {
        if (keyFile is not null) RefuseInside(keyFile, folder);
        var made = new NewSlotKeys();
        try
        {
            // The passphrase first: it may still be refused, and then no key file is left behind.
            if (passphrase is not null) made.AddPassphrase(passphrase);
            else if (keyFile is null)
            {
                using var answer = Prompt.HiddenTwice(cmdlet, "New passphrase for this machine");
                made.AddPassphrase(answer);
            }

            if (keyFile is not null) made.AddKeyFile(keyFile);
            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    /// <exception cref="SyncException"><see cref="SyncErrors.UsageWrong"/>: the key file would lie in the vault's folder.</exception>
    public static void RefuseInside(string keyFile, string folder)
    {
        if (VaultFolder.Holds(folder, keyFile)) throw SyncErrors.UsageWrong.With("The key file would lie in the vault's folder, where it protects nothing");
    }

    /// <summary>The key of a new slot, at the cost that fits this machine.</summary>
    public static SlotKey FromPassphrase(SecureString passphrase)
    {
        var parameters = Argon2Parameters.ForMachine(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        return SecureText.Use(passphrase, characters => SlotKey.FromPassphrase(characters, parameters, SystemRandomSource.Instance));
    }

    public void Dispose()
    {
        foreach (var key in _keys) key.Dispose();
        _keys.Clear();
    }

    private void AddPassphrase(SecureString passphrase) => _keys.Add(FromPassphrase(passphrase));

    private void AddKeyFile(string path)
    {
        using var key = KeyFile.ReadOrMake(path, SystemRandomSource.Instance, out _);
        _keys.Add(SlotKey.FromKeyFile(key));
    }
}
