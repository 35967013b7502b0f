using System.CommandLine;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Daemon.CommandLine;
using SyncModule.Engine.Files;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>get VAULT KEY [--out F] [--version ID | --at TIME]: raw bytes, nothing added.</summary>
internal sealed class GetCommand : VaultCommand
{
    private readonly Argument<string> _key = ItemArguments.Key();
    private readonly Option<string?> _out = new("--out") { Description = "Write to this file (0600, complete or not at all) instead of standard output.", HelpName = "F" };
    private readonly Option<string?> _version = new("--version") { Description = "This version, from mirord history.", HelpName = "ID" };
    private readonly Option<string?> _at = new("--at") { Description = "As the item was then: 2026-11-30T14:05, or how long ago: 2h.", HelpName = "TIME" };
    private readonly Option<string> _collection = ItemArguments.Collection();

    public GetCommand()
        : base("get", "Write an item's bytes to standard output.", "mirord get ~/vault notes/todo --key-file ~/vault.key", "mirord get ~/vault photos/cat.jpg --out cat.jpg")
    {
        Arguments.Add(_key);
        Options.Add(_out);
        Options.Add(_version);
        Options.Add(_at);
        Options.Add(_collection);
    }

    protected override void Check(CommandRun run)
    {
        if (run.Get(_out) is { } path) AtomicFile.CheckTarget(path);
        if (run.Get(_at) is { } at) TimeText.Parse("--at", at, DateTimeOffset.Now);
        if (run.Get(_at) is not null && run.Get(_version) is not null) throw SyncErrors.UsageWrong.With("--at and --version both say which version");
    }

    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        string key = run.Get(_key);
        var value = Select(run, vault, key);
        // Before the first byte is written: half a value looks like a whole one in a pipe.
        if (!vault.IsHere(value)) throw SyncErrors.ContentNotHere.With($"'{key}' is known, but not all of its bytes have arrived");
        if (run.Get(_out) is { } path)
        {
            AtomicFile.Write(path, output => Copy(vault, value, output, run.Cancellation));
            run.Output.Record(new { key, bytes = value.Length });
        }
        else
        {
            using var output = Console.OpenStandardOutput();
            Copy(vault, value, output, run.Cancellation);
        }

        return Task.FromResult(ExitCode.Ok);
    }

    private ItemValue Select(CommandRun run, Vault vault, string key)
    {
        string collection = run.Get(_collection)!;
        if (run.Get(_version) is { } id)
        {
            return Vault.ValueOf(vault.FindVersion(collection, key, id).Operation, id);
        }

        IItemView there = run.Get(_at) is { } at ? vault.At(TimeText.Parse("--at", at, DateTimeOffset.Now)) : vault;
        if (there.Find(collection, key) is not { } state) throw SyncErrors.ItemNotFound.With(run.Get(_at) is null ? $"There is no item '{key}'" : $"There was no item '{key}' then");
        var view = View.Of(state);
        if (view.Status == ItemStatus.Deleted)
            throw new CommandFailure(SyncErrors.ItemNotFound, $"'{key}' was deleted{(view.Winner is { } by ? " on " + vault.DeviceName(by.Device) : "")}", "Earlier versions: mirord history VAULT KEY, then mirord get VAULT KEY --version ID");
        return there.ValueOf(state);
    }

    private static void Copy(Vault vault, ItemValue value, Stream output, CancellationToken cancellation)
    {
        foreach (byte[] piece in vault.ReadValue(value))
        {
            cancellation.ThrowIfCancellationRequested();
            output.Write(piece);
        }

        output.Flush();
    }
}
