using System.Management.Automation;
using System.Security;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Profiles;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Vaults;

/// <summary>
/// Opens a locked vault with the first of: what was given, SYNCMODULE_KEYFILE, the key file of vaults.json, SYNCMODULE_PASSPHRASE, one
/// question. What was given and does not fit is an error; nothing else is tried behind a person's back.
/// </summary>
internal static class Unlocking
{
    public const string KeyFileVariable = "SYNCMODULE_KEYFILE";
    public const string PassphraseVariable = "SYNCMODULE_PASSPHRASE";

    /// <param name="cmdlet">Where a person may be asked; null = nowhere.</param>
    public static VaultLease Open(PSCmdlet? cmdlet, KnownVault known, string? keyFile, SecureString? passphrase, TimeSpan? timeout = null, Func<FolderStores, IVaultStores>? storesOf = null) =>
        OpenVaults.OfProcess.Open(known.Path, file => Unlock(cmdlet, known, file, keyFile, passphrase), timeout, storesOf);

    /// <summary>Unlocks vault.json alone, in the same order.</summary>
    public static UnlockedVaultFile Unlock(PSCmdlet? cmdlet, KnownVault known, VaultFile file, string? keyFile, SecureString? passphrase) =>
        Unlock(cmdlet, known, file, keyFile, passphrase, known.KeyFile, "Passphrase");

    /// <summary>
    /// The same for a change of what opens the vault. The key file of vaults.json opens it for whoever sits there, so it is no proof of
    /// whose vault it is where there is a passphrase to ask for (docs/decisions/110).
    /// </summary>
    public static UnlockedVaultFile UnlockForChange(PSCmdlet cmdlet, KnownVault known, VaultFile file, string? keyFile, SecureString? passphrase) =>
        Unlock(cmdlet, known, file, keyFile, passphrase, HasPassphrase(file) ? null : known.KeyFile, "Present passphrase", "Give what opens it now on this line: -Credential, or -KeyFile FILE. An open vault or its noted key file does not count here.");

    private static UnlockedVaultFile Unlock(PSCmdlet? cmdlet, KnownVault known, VaultFile file, string? keyFile, SecureString? passphrase, string? noted, string question, string? step = null)
    {
        if (keyFile is not null) return WithKeyFile(file, keyFile);
        if (passphrase is not null) return WithPassphrase(file, passphrase);
        if (Variable(KeyFileVariable) is { } variable) return WithKeyFile(file, variable);
        if (noted is not null) return WithKeyFile(file, noted);
        if (Variable(PassphraseVariable) is { } text)
        {
            using var secret = SecureText.FromPlain(text);
            return WithPassphrase(file, secret);
        }

        if (!HasPassphrase(file)) throw SyncErrors.VaultLocked.With($"Only a key file opens '{known.Name}', and none was given");
        if (cmdlet is null) throw SyncErrors.VaultLocked.With($"Vault {known.Name} is locked");
        using var answer = Prompt.Hidden(cmdlet, $"{question} of vault {known.Name}", step);
        return WithPassphrase(file, answer);
    }

    public static UnlockedVaultFile WithKeyFile(VaultFile file, string path)
    {
        using var key = KeyFile.ReadFrom(path);
        return file.UnlockWithKeyFile(key);
    }

    public static UnlockedVaultFile WithPassphrase(VaultFile file, SecureString passphrase) => SecureText.Use(passphrase, characters => file.UnlockWithPassphrase(characters));

    private static bool HasPassphrase(VaultFile file) => file.Slots.Any(s => s.Type == SlotType.Passphrase);

    public static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
