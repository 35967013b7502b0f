using System.CommandLine;
using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Unlocking;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Profiles;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>copy VAULT KEY… [--to VAULT2] [--as NAME] [--to-collection C]: values, types, metadata and times; never over another value.</summary>
internal sealed class CopyCommand : VaultCommand
{
    private const int AtOnce = 1000;

    private readonly Argument<string[]> _keys = new("KEY") { Description = "The items to copy.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string?> _to = new("--to") { Description = "The vault that gets them; without it the same one.", HelpName = "VAULT2" };
    private readonly Option<string?> _as = new("--as") { Description = "Another name, for one item.", HelpName = "NAME" };
    private readonly Option<string> _collection = ItemArguments.Collection();
    private readonly Option<string?> _toCollection = new("--to-collection") { Description = "Another collection.", HelpName = "C" };
    private readonly UnlockOptions _toUnlock = new("to-", " of VAULT2");

    public CopyCommand()
        : base("copy", "Copy items into another vault, or under another name.", "mirord copy ~/vault app/config app/motd --to ~/work --key-file ~/vault.key --to-key-file ~/work.key", "mirord copy ~/vault app/config --as app/config.old")
    {
        Arguments.Add(_keys);
        Options.Add(_to);
        Options.Add(_as);
        Options.Add(_collection);
        Options.Add(_toCollection);
        _toUnlock.AddTo(this);
    }

    protected override void Check(CommandRun run)
    {
        string collection = ItemName.Check(run.Get(_collection)!), toCollection = ItemName.Check(run.Get(_toCollection) ?? collection);
        if (run.Get(_as) is { } name)
        {
            ItemName.Check(name);
            if (run.Get(_keys).Length > 1) throw new CommandFailure(SyncErrors.UsageWrong, "--as names one item, and several are copied", "Copy them one by one, or leave --as out");
        }

        if (IsSameVault(run) && collection == toCollection && (run.Get(_as) is null || run.Get(_as) == run.Get(_keys)[0]))
            throw new CommandFailure(SyncErrors.UsageWrong, "The copy would be the item itself", "Say where it goes: --to VAULT2, --as NAME or --to-collection C");
    }

    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        using var other = IsSameVault(run) ? null : VaultCreation.Open(new FolderStores(run.Get(_to)!, UserFolders.State), new Unlocker(_toUnlock, run).Unlock, TimeProvider.System, SystemRandomSource.Instance);
        var copier = new ItemCopier(vault, other ?? vault, sameVault: other is null);
        string collection = run.Get(_collection)!;
        int code = ExitCode.Ok;
        foreach (string[] keys in run.Get(_keys).Distinct(StringComparer.Ordinal).Chunk(AtOnce))
        {
            run.Cancellation.ThrowIfCancellationRequested();
            var requests = new List<CopyRequest>();
            foreach (string key in keys)
            {
                if (vault.Find(collection, key) is { IsAlive: true } item) requests.Add(new(item, run.Get(_toCollection) ?? collection, run.Get(_as) ?? item.Key));
                else code = Failed(SyncErrors.ItemNotFound, $"There is no item '{key}'");
            }

            foreach (var result in copier.Copy(requests))
            {
                if (result.Error is { } error) code = Failed(error.Kind, error.Detail);
                else Show(run, result);
            }
        }

        return Task.FromResult(code);
    }

    private static int Failed(SyncErrorKind kind, string detail)
    {
        ErrorReport.Line(kind, detail);
        return ExitCode.Error;
    }

    private static void Show(CommandRun run, CopyResult result)
    {
        var (request, outcome, _) = result;
        run.Output.Record(new { key = request.Item.Key, to = request.Key, collection = request.Collection, state = outcome });
        run.Output.Text(request.Item.Key + ": " + outcome switch
        {
            CopyOutcome.Copied => "copied to " + request.Key,
            CopyOutcome.Conflict => $"copied; {request.Key} was there with other content, so both versions are kept and compete: mirord merge",
            _ => $"skipped, {request.Key} is there with the same content",
        });
    }

    private bool IsSameVault(CommandRun run) => run.Get(_to) is not { } to || Engine.Profiles.VaultFolder.Canonical(to) == Engine.Profiles.VaultFolder.Canonical(run.Get(VaultFolder));
}
