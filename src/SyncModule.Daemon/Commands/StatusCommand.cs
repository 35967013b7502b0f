using System.Globalization;
using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>status VAULT</summary>
internal sealed class StatusCommand() : VaultCommand("status", "Show what the vault holds and how its peers are.", "mirord status ~/vault --key-file ~/vault.key")
{
    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        var status = vault.Status();
        var peers = PeerRow.All(vault);
        int conflicts = vault.Conflicts();
        DerivedRow[] derived = [.. vault.DerivedStates().Select(s => DerivedRow.Of(s))];
        run.Output.Record(new
        {
            vaultId = vault.Id.ToString(),
            deviceId = vault.Device.ToString(),
            device = vault.DeviceName(vault.Device),
            items = status.Items,
            objects = status.Objects,
            bytes = status.Bytes,
            commits = status.Commits,
            epoch = status.Epoch?.ToString(),
            vector = status.Held.Logs.ToDictionary(l => l.Key.ToString(), l => status.Held.Sequence(l.Key), StringComparer.Ordinal),
            token = VectorToken.Format(vault.Id, status.Applied),
            full = vault.FullVector().ToDictionary(l => l.Key.ToString(), l => l.Value, StringComparer.Ordinal),
            peers,
            conflicts,
            derived = derived.Select(d => new { collection = d.Collection, state = d.State, items = d.Items, made = d.Made }),
            transport = PeerLine.Latest(vault)?.Transport,
            waiting = status.Waiting,
            wanted = status.Wanted,
            healed = vault.HealedRanges,
        });
        Show(run, vault, status, peers, conflicts, derived);
        return Task.FromResult(ExitCode.Ok);
    }

    private void Show(CommandRun run, Vault vault, VaultStatus status, IReadOnlyList<PeerRow> peers, int conflicts, IReadOnlyList<DerivedRow> derived)
    {
        var table = new TextTable("", "");
        table.Add("vault", $"{Human.Short(vault.Id.ToString())} in {Path.GetFullPath(run.Get(VaultFolder))}");
        table.Add("device", $"{vault.DeviceName(vault.Device)} ({Human.Short(vault.Device.ToString())})");
        table.Add("items", status.Items.ToString("#,0", CultureInfo.InvariantCulture));
        if (conflicts > 0) table.Add("conflicts", Human.Count(conflicts, "item") + " wait for a person: mirord merge");
        foreach (var one in derived) table.Add("derived", $"{one.Collection}: {one.Shown(one.Made is { } made ? ", made " + Human.Time(made) : "")}, {Human.Count(one.Items, "item")}");
        table.Add("objects", $"{status.Objects.ToString("#,0", CultureInfo.InvariantCulture)}, {Human.Bytes(status.Bytes)}");
        table.Add("commits", status.Commits.ToString("#,0", CultureInfo.InvariantCulture) + (status.Waiting > 0 ? $", {status.Waiting} wait for others" : ""));
        if (status.Wanted > 0) table.Add("missing", Human.Count(status.Wanted, "object") + " not here yet: sync with a device that has them");
        if (vault.HealedRanges is > 0 and var healed) table.Add("healed", Human.Count(healed, "part") + " of the log came back from a peer, as far as that had it: mirord verify");
        table.Add("epoch", status.Epoch is { } epoch ? Human.Short(epoch.ToString()) : "none: writing waits for a key rotation");
        if (peers.Count == 0) table.Add("peers", "none");
        run.Output.Table(table);
        if (peers.Count == 0) return;
        run.Output.Text("");
        run.Output.Table(PeerRow.Table(peers));
    }
}
