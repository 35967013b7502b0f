using System.CommandLine;
using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>device list VAULT: the members, and how far each has come.</summary>
internal sealed class DeviceListCommand() : VaultCommand("list", "List the vault's devices and how far each has come.", "mirord device list ~/vault --key-file ~/vault.key")
{
    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        var devices = vault.Devices();
        foreach (var device in devices) run.Output.Record(DeviceRow.Of(vault, device));
        run.Output.Table(DeviceRow.Table(vault, devices));
        return Task.FromResult(ExitCode.Ok);
    }
}

/// <summary>device retire VAULT NAME: nobody waits for it any more.</summary>
internal sealed class DeviceRetireCommand : VaultCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "The device's name, or the beginning of its id." };

    public DeviceRetireCommand()
        : base("retire", "Wait no more for a device that is lost or away for long: what all the others have can be forgotten without it. It stays a member; when it comes back it goes on.",
            "mirord device retire ~/vault laptop --key-file ~/vault.key") => Arguments.Add(_name);

    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        var device = vault.DeviceOf(run.Get(_name), SyncErrors.NotAMember);
        bool changed = vault.Retire(device);
        run.Output.Record(new { name = vault.DeviceName(device), deviceId = device.ToString(), changed });
        // Who lost a machine must not believe that this locks it out.
        run.Output.Text($"Nobody waits for {vault.DeviceName(device)} any more{(changed ? "" : ", as before")}. It is still a member: it can read and sync as before.");
        return Task.FromResult(ExitCode.Ok);
    }
}

/// <summary>One device in JSON.</summary>
internal sealed record DeviceRow(string Name, string DeviceId, bool ThisOne, DateTimeOffset? Acknowledged, long Lacks, long Unseen, bool Retired)
{
    public static DeviceRow Of(Vault vault, DeviceProgress device) =>
        new(vault.DeviceName(device.Device), device.Device.ToString(), device.Device == vault.Device, device.Device == vault.Device ? null : device.Acknowledged?.ToDateTimeOffset(), device.Lacks, device.Unseen, device.Retired);

    public static TextTable Table(Vault vault, IReadOnlyList<DeviceProgress> devices)
    {
        var table = new TextTable("device", "heard", "lacks", "");
        foreach (var device in devices.Select(d => Of(vault, d)))
        {
            string heard = device.ThisOne ? "this one" : device.Acknowledged is { } time ? Human.Time(time) : "never";
            table.Add(device.Name, heard, device.ThisOne ? "" : device.Lacks == 0 ? "-" : Human.Count(device.Lacks, "commit"), device.Retired ? "retired" : device.Unseen > 0 ? $"{device.Unseen} not here yet" : "");
        }

        return table;
    }
}
