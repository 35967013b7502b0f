using System.CommandLine;
using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>collection own VAULT NAME [--unit KEY] [--to DEVICE]</summary>
internal sealed class CollectionOwnCommand : VaultCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "The collection." };
    private readonly Option<string?> _unit = new("--unit") { Description = "Only this record and what stands under it.", HelpName = "KEY" };
    private readonly Option<string?> _to = new("--to") { Description = "Hand it over to this device.", HelpName = "DEVICE" };

    public CollectionOwnCommand()
        : base("own", "Let one device own a collection, or a record of it: only the owner changes it, everybody reads it. An administrator may take over what a lost device owned.",
            "mirord collection own ~/vault volumes --unit disk1 --key-file ~/vault.key", "mirord collection own ~/vault volumes --unit disk1 --to laptop")
    {
        Arguments.Add(_name);
        Options.Add(_unit);
        Options.Add(_to);
    }

    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        string name = ItemName.Check(run.Get(_name)), unit = run.Get(_unit) ?? "";
        var to = run.Get(_to) is { } device ? vault.DeviceOf(device, SyncErrors.NotAMember) : vault.Device;
        bool changed = vault.Own(name, unit, to).Commits.Count > 0;
        run.Output.Record(new { collection = name, unit, owner = vault.DeviceName(to), ownerId = to.ToString(), changed });
        run.Output.Text($"{(unit.Length == 0 ? name : unit + " in " + name)} belongs to {vault.DeviceName(to)}{(changed ? "" : " already")}.");
        return Task.FromResult(ExitCode.Ok);
    }
}

/// <summary>collection owners VAULT NAME: who owns what, and what others wrote that does not count.</summary>
internal sealed class CollectionOwnersCommand : VaultCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "The collection." };

    public CollectionOwnersCommand()
        : base("owners", "List who owns what in a collection, and what devices that did not own it wrote.", "mirord collection owners ~/vault volumes --key-file ~/vault.key") => Arguments.Add(_name);

    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        string name = ItemName.Check(run.Get(_name));
        var owners = new TextTable("unit", "owner", "since");
        foreach (var (unit, owner, since) in vault.Owners(name))
        {
            run.Output.Record(new { collection = name, unit, owner = vault.DeviceName(owner), ownerId = owner.ToString(), since = since.ToDateTimeOffset() });
            owners.Add(unit.Length == 0 ? "*" : unit, vault.DeviceName(owner), Human.Time(since.ToDateTimeOffset()));
        }

        run.Output.Table(owners);
        var refused = new TextTable("does not count", "version", "device", "written");
        foreach (var (operation, origin, _) in vault.RefusedWrites().Where(w => w.Operation.Collection == name))
        {
            string version = Core.Model.VersionId.Of(origin.Dot);
            run.Output.Record(new { collection = name, key = operation.Key, version, device = vault.DeviceName(origin.Device), deviceId = origin.Device.ToString(), at = origin.CommitTimestamp.ToDateTimeOffset(), counts = false });
            refused.Add(operation.Key, version, vault.DeviceName(origin.Device), Human.Time(origin.CommitTimestamp.ToDateTimeOffset()));
        }

        if (vault.RefusedWrites().Any(w => w.Operation.Collection == name)) run.Output.Table(refused);
        return Task.FromResult(ExitCode.Ok);
    }
}
