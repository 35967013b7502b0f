using System.CommandLine;

namespace SyncModule.Daemon.Unlocking;

/// <summary>The two options that open a vault, the same in every command. Neither is a secret: they name files.</summary>
internal sealed class UnlockOptions
{
    public Option<string?> KeyFile { get; } = new("--key-file") { Description = "Unlock with this key file (also SYNCMODULE_KEYFILE).", HelpName = "F" };

    public Option<string?> PassphraseFile { get; } = new("--passphrase-file") { Description = "Unlock with the passphrase in this file; one newline at its end is cut.", HelpName = "F" };

    public void AddTo(Command command)
    {
        command.Options.Add(KeyFile);
        command.Options.Add(PassphraseFile);
    }
}
