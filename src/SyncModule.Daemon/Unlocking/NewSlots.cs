using System.CommandLine;
using SyncModule.Daemon.CommandLine;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Daemon.Unlocking;

/// <summary>
/// What shall open a new folder: a passphrase, a key file, or both. What the options name is taken; without any the environment; without
/// that a prompt. A key file that is not there yet is made.
/// </summary>
internal sealed class NewSlots
{
    private readonly UnlockOptions _options = new();
    private readonly PassphraseCost _cost = new();

    public void AddTo(Command command)
    {
        _options.AddTo(command);
        _cost.AddTo(command);
    }

    /// <summary>Refuses what cannot work before anything is made or asked.</summary>
    public void Check(CommandRun run, string vaultFolder)
    {
        _cost.Check(run);
        var (keyFile, passphraseFile, passphrase) = Sources(run);
        if (keyFile is null && passphraseFile is null && passphrase is null && !Prompt.IsPossible)
            throw SyncErrors.VaultLocked.With("A new folder needs a passphrase or a key file, and standard input is no terminal to ask on");
        if (keyFile is not null) Secrets.RefuseInside(keyFile, vaultFolder);
    }

    /// <summary>The slots' keys, and words that say what they are. The caller disposes them.</summary>
    public (List<SlotKey> Keys, List<string> Described) Make(CommandRun run)
    {
        var keys = new List<SlotKey>();
        var described = new List<string>();
        var (keyFile, passphraseFile, passphrase) = Sources(run);
        try
        {
            // The passphrase first: it may still be refused, and then no key file is left behind.
            char[]? secret = passphraseFile is not null ? Secrets.ReadPassphraseFile(passphraseFile) : passphrase?.ToCharArray();
            if (secret is null && keyFile is null) secret = Prompt.AskTwice(run.Cancellation);
            if (secret is not null)
            {
                keys.Add(_cost.Derive(run, secret));
                described.Add("passphrase");
            }

            if (keyFile is not null)
            {
                using var key = Secrets.ReadOrMakeKeyFile(keyFile, out bool isNew);
                keys.Add(SlotKey.FromKeyFile(key));
                described.Add((isNew ? "new key file " : "key file ") + keyFile);
            }

            return (keys, described);
        }
        catch
        {
            foreach (var key in keys) key.Dispose();
            throw;
        }
    }

    private (string? KeyFile, string? PassphraseFile, string? Passphrase) Sources(CommandRun run)
    {
        string? keyFile = run.Get(_options.KeyFile), passphraseFile = run.Get(_options.PassphraseFile);
        return keyFile is not null || passphraseFile is not null ? (keyFile, passphraseFile, null) : (Secrets.Variable(Secrets.KeyFileVariable), null, Secrets.Variable(Secrets.PassphraseVariable));
    }
}
