using System.Globalization;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>What is known of a peer without asking it.</summary>
internal enum PeerState
{
    NeverSynced,
    Synced,
}

/// <summary>One peer as status and peer list show it. Field names are those of the contract; null = not known without a connection.</summary>
internal sealed record PeerRow(string Name, string? DeviceId, IReadOnlyList<string> Addresses, PeerState State, DateTimeOffset? LastSync, long? Behind, long? Outbox, double? RttMs, string? Transport)
{
    public static IReadOnlyList<PeerRow> All(Vault vault) =>
        [.. new PeerBook(vault).List().Select(p => Of(vault, p))];

    public static TextTable Table(IEnumerable<PeerRow> peers)
    {
        var table = new TextTable("peer", "device", "last sync", "to send", "round trip", "addresses");
        foreach (var peer in peers) table.Add(peer.Name, Human.Short(peer.DeviceId ?? "-"), peer.LastSync is { } last ? Human.Time(last) : "never", peer.Outbox?.ToString(CultureInfo.InvariantCulture) ?? "-", peer.RttMs is { } rtt ? rtt.ToString("0.##", CultureInfo.InvariantCulture) + " ms" : "-", string.Join(' ', peer.Addresses));
        return table;
    }

    private static PeerRow Of(Vault vault, Peer peer)
    {
        var lag = peer.Device is { } device ? PeerAcknowledgements.LagOf(vault, device) : null;
        var line = peer.Device is { } known ? PeerLine.Of(vault, known) : null;
        double? rtt = line?.RoundTrip is { } time ? Math.Round(time.TotalMilliseconds, 3) : null;
        return new(peer.Name, peer.Device?.ToString(), peer.Addresses, peer.LastSync is null ? PeerState.NeverSynced : PeerState.Synced, peer.LastSync, lag?.Behind, lag?.Outbox, rtt, line?.Transport);
    }
}
