using System.CommandLine;
using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Daemon.Unlocking;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Profiles;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>init VAULT --device NAME</summary>
internal sealed class InitCommand : MirorCommand
{
    private readonly Argument<string> _folder = new("VAULT") { Description = "An empty or new folder." };
    private readonly Option<string> _device = new("--device") { Description = "What to call this machine.", HelpName = "NAME", Required = true };
    private readonly NewSlots _slots = new();

    public InitCommand()
        : base("init", "Make a new vault with this machine as its first device.", "mirord init ~/vault --device laptop --key-file ~/vault.key", "mirord init ~/vault --device laptop --passphrase-file ./passphrase --argon2-memory 256")
    {
        Arguments.Add(_folder);
        Options.Add(_device);
        _slots.AddTo(this);
    }

    protected override Task<int> RunAsync(CommandRun run)
    {
        string folder = run.Get(_folder);
        string device = VaultCreation.CheckDeviceName(run.Get(_device)!);
        _slots.Check(run, folder);
        var stores = new FolderStores(folder, UserFolders.State, create: true);
        VaultCreation.CheckEmpty(stores.Disk);
        var (keys, described) = _slots.Make(run);
        try
        {
            var id = VaultCreation.Create(stores, device, keys, TimeProvider.System, SystemRandomSource.Instance);
            // Opened once: proof that the keys at hand open it, and where the device's id stands.
            using var vault = VaultCreation.Open(stores, file => file.UnlockWithSlotKey(keys[0]), TimeProvider.System, SystemRandomSource.Instance);
            run.Output.Record(new { vaultId = id.ToString(), deviceId = vault.Device.ToString() });
            var table = new TextTable("", "");
            table.Add("vault", $"{Human.Short(id.ToString())} in {Path.GetFullPath(folder)}");
            table.Add("device", $"{device} ({Human.Short(vault.Device.ToString())})");
            table.Add("opens with", string.Join(" or ", described));
            run.Output.Table(table);
            run.Output.Text("When everything that opens it is lost, nobody can read it again: keep a copy in a safe place.");
            return Task.FromResult(ExitCode.Ok);
        }
        finally
        {
            foreach (var key in keys) key.Dispose();
        }
    }
}
