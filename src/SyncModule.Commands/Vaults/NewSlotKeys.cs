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
        if (keyFile is not null && IsInside(keyFile, folder)) throw SyncErrors.UsageWrong.With("The key file would lie in the vault's folder, where it protects nothing");
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

    public void Dispose()
    {
        foreach (var key in _keys) key.Dispose();
        _keys.Clear();
    }

    private void AddPassphrase(SecureString passphrase)
    {
        var parameters = Argon2Parameters.ForMachine(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        _keys.Add(SecureText.Use(passphrase, characters => SlotKey.FromPassphrase(characters, parameters, SystemRandomSource.Instance)));
    }

    private void AddKeyFile(string path)
    {
        using var key = File.Exists(path) ? KeyFile.ReadFrom(path) : KeyFile.Create(SystemRandomSource.Instance);
        if (!File.Exists(path)) key.WriteTo(path);
        _keys.Add(SlotKey.FromKeyFile(key));
    }

    private static bool IsInside(string path, string folder) => VaultFolder.Canonical(path).StartsWith(VaultFolder.Canonical(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
