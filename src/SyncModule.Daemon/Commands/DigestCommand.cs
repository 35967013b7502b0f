using SyncModule.Daemon.CommandLine;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>digest VAULT: one line, equal on replicas that hold the same operations (format-1 §16).</summary>
internal sealed class DigestCommand() : VaultCommand("digest", "Print one line that is equal on machines that hold the same.", "mirord digest ~/vault --key-file ~/vault.key")
{
    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        var digest = vault.Digest();
        run.Output.Record(new { digest = digest.Digest.ToString(), ops = digest.Operations, state = digest.State.ToString(), full = digest.Full });
        run.Output.Text(digest.Digest.ToString());
        return Task.FromResult(ExitCode.Ok);
    }
}
