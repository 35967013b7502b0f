using System.CommandLine;
using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Daemon.Unlocking;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Pairing;
using SyncModule.Engine.Profiles;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>join VAULT (- | --invite-file F) --device NAME: a new replica, first sync included.</summary>
internal sealed class JoinCommand : MirorCommand
{
    private readonly Argument<string> _folder = new("VAULT") { Description = "An empty or new folder." };
    private readonly Argument<string?> _input = new("-") { Description = "Read the invite from standard input.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _file = new("--invite-file") { Description = "Read the invite from this file.", HelpName = "F" };
    private readonly Option<string> _device = new("--device") { Description = "What to call this machine.", HelpName = "NAME", Required = true };
    private readonly NewSlots _slots = new();

    public JoinCommand()
        : base("join", "Join a vault by an invite from another of its devices.", "mirord join ~/vault --invite-file ./invite --device laptop --key-file ~/vault.key", "ssh desk cat invite | mirord join ~/vault - --device laptop --key-file ~/vault.key")
    {
        Arguments.Add(_folder);
        Arguments.Add(_input);
        Options.Add(_file);
        Options.Add(_device);
        _slots.AddTo(this);
    }

    protected override async Task<int> RunAsync(CommandRun run)
    {
        string folder = run.Get(_folder);
        string? input = run.GetOptional(_input), file = run.Get(_file);
        // Whatever stands there may be the invite itself: it is not repeated.
        if (input is not null && input != "-") throw new CommandFailure(SyncErrors.UsageWrong, "After VAULT there is only -, and an invite is never an argument", "Give - and write the invite to standard input, or name a file with --invite-file");
        if (input is not null && file is not null) throw SyncErrors.UsageWrong.With("The invite is either in a file or on standard input");
        string device = VaultCreation.CheckDeviceName(run.Get(_device)!);
        _slots.Check(run, folder);
        string invite = InviteSource.Read(file, input is not null, run.Cancellation);
        _ = InviteText.Parse(invite);
        var stores = new FolderStores(folder, UserFolders.State, create: true);
        VaultCreation.CheckEmpty(stores.Disk);
        var (keys, described) = _slots.Make(run);
        try
        {
            JoinResult result;
            using (var bar = SyncBar.Start("join"))
            {
                result = await PairingOperations.JoinAsync(
                    invite, stores, device, keys, NodeCommand.OptionsFor(folder), TimeProvider.System, SystemRandomSource.Instance, f => f.UnlockWithSlotKey(keys[0]), bar, run.Cancellation).ConfigureAwait(false);
            }

            string vaultId = result.VaultId.ToString(), deviceId = result.DeviceId.ToString();
            run.Output.Record(SyncReport.Fields(result.Sync, ("vaultId", vaultId), ("deviceId", deviceId), ("inviter", result.Inviter)));
            var table = new TextTable("", "");
            table.Add("vault", $"{Human.Short(vaultId)} in {Path.GetFullPath(folder)}");
            table.Add("device", $"{device} ({Human.Short(deviceId)})");
            table.Add("peer", result.Inviter);
            table.Add("opens with", string.Join(" or ", described));
            run.Output.Table(table);
            return SyncReport.Finish(run.Output, result.Sync);
        }
        finally
        {
            foreach (var key in keys) key.Dispose();
        }
    }
}
