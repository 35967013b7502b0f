using SyncModule.Daemon.Output;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>One peer as status and peer list show it. Field names are those of the contract.</summary>
internal sealed record PeerRow(string Name, string? DeviceId, IReadOnlyList<string> Addresses, string State, DateTimeOffset? LastSync, long? Behind, long? Outbox, double? RttMs)
{
    public static IReadOnlyList<PeerRow> All(Vault vault) => [];

    public static TextTable Table(IEnumerable<PeerRow> peers)
    {
        var table = new TextTable("peer", "device", "state", "last sync", ">behind", ">to send", "addresses");
        foreach (var peer in peers)
        {
            table.Add(peer.Name, Human.Short(peer.DeviceId ?? "-"), peer.State, peer.LastSync is { } last ? Human.Time(last) : "never", Number(peer.Behind), Number(peer.Outbox), string.Join(' ', peer.Addresses));
        }

        return table;
    }

    private static string Number(long? value) => value?.ToString("#,0", System.Globalization.CultureInfo.InvariantCulture) ?? "-";
}
