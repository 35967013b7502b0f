using SyncModule.Daemon.CommandLine;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Daemon.Unlocking;

/// <summary>
/// Opens vault.json with the first of: --key-file, --passphrase-file, SYNCMODULE_KEYFILE, SYNCMODULE_PASSPHRASE, a prompt. What was given
/// and does not fit is an error; nothing else is tried behind a person's back.
/// </summary>
internal sealed class Unlocker(UnlockOptions options, CommandRun run)
{
    private const int Tries = 3;

    public UnlockedVaultFile Unlock(VaultFile file)
    {
        if (run.Get(options.KeyFile) is { } keyFile) return WithKeyFile(file, keyFile);
        if (run.Get(options.PassphraseFile) is { } passphraseFile) return WithPassphrase(file, Secrets.ReadPassphraseFile(passphraseFile));
        if (Secrets.Variable(Secrets.KeyFileVariable) is { } keyVariable) return WithKeyFile(file, keyVariable);
        if (Secrets.Variable(Secrets.PassphraseVariable) is { } passphrase) return WithPassphrase(file, passphrase.ToCharArray());
        if (!Prompt.IsPossible) throw SyncErrors.VaultLocked.With("No key was given, and standard input is no terminal to ask on");
        if (!file.Slots.Any(s => s.Type == SlotType.Passphrase)) throw SyncErrors.VaultLocked.With("Only a key file opens this vault, and none was given");
        return Ask(file);
    }

    private UnlockedVaultFile Ask(VaultFile file)
    {
        for (int left = Tries - 1; ; left--)
        {
            try
            {
                return WithPassphrase(file, Prompt.Ask("Passphrase:", run.Cancellation));
            }
            catch (SyncException e) when (left > 0 && (e.Kind == SyncErrors.WrongPassphrase || e.Kind == SyncErrors.UsageWrong))
            {
                Console.Error.WriteLine("That does not open it.");
            }
        }
    }

    private static UnlockedVaultFile WithKeyFile(VaultFile file, string path)
    {
        using var key = Secrets.ReadKeyFile(path);
        return file.UnlockWithKeyFile(key);
    }

    private static UnlockedVaultFile WithPassphrase(VaultFile file, char[] passphrase)
    {
        try
        {
            return file.UnlockWithPassphrase(passphrase);
        }
        finally
        {
            Secrets.Zero(passphrase);
        }
    }
}
