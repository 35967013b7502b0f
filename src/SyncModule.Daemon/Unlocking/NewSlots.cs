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
    private const int DefaultWorkMiB = 3 * 64;
    private readonly UnlockOptions _options = new();

    private readonly Option<int?> _memory = new("--argon2-memory") { Description = "Memory that a guess of the passphrase costs, in MiB: 19 to 1024.", HelpName = "MiB" };

    public void AddTo(Command command)
    {
        _options.AddTo(command);
        command.Options.Add(_memory);
    }

    /// <summary>Refuses what cannot work before anything is made or asked.</summary>
    public void Check(CommandRun run, string vaultFolder)
    {
        var parameters = Parameters(run);
        if (!parameters.AreAllowed) throw SyncErrors.UsageWrong.With("--argon2-memory takes 19 to 1024 MiB");
        var (keyFile, passphraseFile, passphrase) = Sources(run);
        if (keyFile is null && passphraseFile is null && passphrase is null && !Prompt.IsPossible)
            throw SyncErrors.VaultLocked.With("A new folder needs a passphrase or a key file, and standard input is no terminal to ask on");
        if (keyFile is not null && IsInside(keyFile, vaultFolder))
            throw new CommandFailure(SyncErrors.UsageWrong, "The key file would lie in the vault's folder, where it protects nothing", "Give --key-file a path outside of it");
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
                keys.Add(FromPassphrase(secret, Parameters(run)));
                described.Add("passphrase");
            }

            if (keyFile is not null)
            {
                bool isNew = !File.Exists(keyFile);
                using var key = isNew ? NewKeyFile(keyFile) : Secrets.ReadKeyFile(keyFile);
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

    // Less memory means more passes, so that a guess costs the same work.
    private Argon2Parameters Parameters(CommandRun run) =>
        run.Get(_memory) is not { } memory ? Argon2Parameters.ForMachine(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)
        : memory is < 1 or > 1 << 20 ? default
        : new(memory * 1024, Math.Clamp((DefaultWorkMiB + memory - 1) / memory, 3, Argon2Parameters.MaxPasses));

    private static SlotKey FromPassphrase(char[] passphrase, Argon2Parameters parameters)
    {
        try
        {
            return SlotKey.FromPassphrase(passphrase, parameters, SystemRandomSource.Instance);
        }
        finally
        {
            Secrets.Zero(passphrase);
        }
    }

    private static KeyFile NewKeyFile(string path)
    {
        var key = KeyFile.Create(SystemRandomSource.Instance);
        try
        {
            key.WriteTo(path);
            return key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    private static bool IsInside(string path, string folder) =>
        Path.GetFullPath(path).StartsWith(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
