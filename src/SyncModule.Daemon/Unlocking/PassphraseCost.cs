using System.CommandLine;
using SyncModule.Daemon.CommandLine;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Daemon.Unlocking;

/// <summary>--argon2-memory, and what a new passphrase is derived with.</summary>
internal sealed class PassphraseCost
{
    private const int DefaultWorkMiB = 3 * 64;

    private readonly Option<int?> _memory = new("--argon2-memory") { Description = "Memory that a guess of the passphrase costs, in MiB: 19 to 1024.", HelpName = "MiB" };

    public void AddTo(Command command) => command.Options.Add(_memory);

    /// <exception cref="SyncException"><see cref="SyncErrors.UsageWrong"/>.</exception>
    public void Check(CommandRun run)
    {
        if (!Parameters(run).AreAllowed) throw SyncErrors.UsageWrong.With("--argon2-memory takes 19 to 1024 MiB");
    }

    /// <summary>The slot's key; the characters are zeroed.</summary>
    public SlotKey Derive(CommandRun run, char[] passphrase)
    {
        try
        {
            return SlotKey.FromPassphrase(passphrase, Parameters(run), SystemRandomSource.Instance);
        }
        finally
        {
            Secrets.Zero(passphrase);
        }
    }

    // Less memory means more passes, so that a guess costs the same work.
    private Argon2Parameters Parameters(CommandRun run) =>
        run.Get(_memory) is not { } memory ? Argon2Parameters.ForMachine(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)
        : memory is < 1 or > 1 << 20 ? default
        : new(memory * 1024, Math.Clamp((DefaultWorkMiB + memory - 1) / memory, 3, Argon2Parameters.MaxPasses));
}
