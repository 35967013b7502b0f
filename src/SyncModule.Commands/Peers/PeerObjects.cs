using SyncModule.Commands.Vaults;
using SyncModule.Engine.Nodes;

namespace SyncModule.Commands.Peers;

/// <summary>Makes <see cref="SyncPeer"/> objects: one for each other member, and for addresses that have not answered yet.</summary>
internal static class PeerObjects
{
    public static IReadOnlyList<SyncPeer> All(OpenVault open, bool includeSelf)
    {
        var vault = open.Vault;
        var known = new PeerBook(vault).List();
        var peers = known.Select(p => Of(open, p.Name, p.Device, p.Addresses, p.LastSync)).ToList();
        var named = known.Select(p => p.Device).OfType<DeviceId>().ToHashSet();
        foreach (var member in vault.Members)
        {
            if (named.Contains(member)) continue;
            if (member == vault.Device && !includeSelf) continue;
            string name = vault.DeviceName(member);
            // An address of the same name that has not answered yet is most likely this member's.
            if (member != vault.Device && known.Any(p => p.Device is null && string.Equals(p.Name, name, StringComparison.Ordinal))) continue;
            peers.Add(Of(open, name, member, [], null));
        }

        return [.. peers.OrderBy(p => p.Name, StringComparer.OrdinalIgnoreCase)];
    }

    private static SyncPeer Of(OpenVault open, string name, DeviceId? device, IReadOnlyList<string> addresses, DateTimeOffset? lastSync)
    {
        var lag = device is { } id ? PeerAcknowledgements.LagOf(open.Vault, id) : null;
        return new()
        {
            Name = name,
            DeviceId = device?.ToString(),
            Address = addresses,
            Role = device == open.Vault.Device ? SyncPeerRole.Self : device is null ? SyncPeerRole.Unknown : SyncPeerRole.Member,
            LastSync = lastSync?.ToLocalTime(),
            Behind = lag?.Behind,
            Ahead = lag?.Outbox,
            Vault = open.Name,
        };
    }
}
