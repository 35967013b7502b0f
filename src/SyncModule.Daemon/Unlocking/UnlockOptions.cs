using System.CommandLine;

namespace SyncModule.Daemon.Unlocking;

/// <summary>The two options that open a vault, the same in every command. Neither is a secret: they name files.</summary>
/// <param name="prefix">Before their names, for a second vault.</param>
/// <param name="which">Behind "this key file", for a second vault.</param>
internal sealed class UnlockOptions(string prefix = "", string which = "")
{
    public Option<string?> KeyFile { get; } = new($"--{prefix}key-file") { Description = $"Unlock with this key file{which} (also SYNCMODULE_KEYFILE).", HelpName = "F" };

    public Option<string?> PassphraseFile { get; } = new($"--{prefix}passphrase-file") { Description = $"Unlock with the passphrase{which} in this file; one newline at its end is cut.", HelpName = "F" };

    public void AddTo(Command command)
    {
        command.Options.Add(KeyFile);
        command.Options.Add(PassphraseFile);
    }
}
