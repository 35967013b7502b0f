using SyncModule.Engine.Nodes;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Syncing;

/// <summary>Which peers a sync is with.</summary>
internal static class SyncPeers
{
    /// <summary>The named ones, or all with an address.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.PeerUnknown"/>: none is known.</exception>
    public static IReadOnlyList<string> Of(Vault vault, string[]? named)
    {
        if (named is { Length: > 0 }) return [.. named.Distinct(StringComparer.Ordinal)];
        var known = new PeerBook(vault).List().Select(p => p.Name).ToList();
        return known.Count > 0 ? known : throw SyncErrors.PeerUnknown.With("The vault has no peer yet");
    }

    /// <summary>What one peer lacks, in words, as far as it is known without asking it.</summary>
    public static string Lacks(Vault vault, string peer)
    {
        var known = new PeerBook(vault).Find(peer);
        var lag = known?.Device is { } device ? PeerAcknowledgements.LagOf(vault, device) : null;
        return lag is null ? $"{peer} (never synced)" : $"{peer} (lacks {lag.Outbox} commits, {lag.Behind} to fetch)";
    }
}
