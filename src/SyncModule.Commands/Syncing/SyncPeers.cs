using SyncModule.Commands.Names;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Syncing;

/// <summary>Which peers a sync is with.</summary>
internal static class SyncPeers
{
    /// <summary>
    /// The named ones, or all with an address. A name of the peer book may be written in any case or as a pattern; what is no such name is
    /// taken for an address.
    /// </summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.PeerUnknown"/>: none is known.</exception>
    public static IReadOnlyList<string> Of(Vault vault, string[]? named, bool mayBeNone = false)
    {
        var known = new PeerBook(vault).List().Select(p => p.Name).ToList();
        if (named is { Length: > 0 }) return Matching(known, named) is { Count: > 0 } meant ? meant : throw SyncErrors.PeerUnknown.With($"There is no peer '{string.Join("', '", named)}'");
        return known.Count > 0 || mayBeNone ? known : throw SyncErrors.PeerUnknown.With("The vault has no peer yet");
    }

    /// <summary>Patterns become the names that they fit; other names stay, spelled as the known one of the same letters.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.UsageWrong"/>: a pattern that is none.</exception>
    public static IReadOnlyList<string> Matching(IReadOnlyList<string> known, string[] named) =>
        [.. named.SelectMany(n => AsWritten(known, n) is { } name ? [name] : IsAddress(n) || !NamePattern.HasWildcards(n) ? [n] : NamePattern.Select(known, k => k, n)).Distinct(StringComparer.Ordinal)];

    // [IPv6]:PORT looks like a pattern.
    private static bool IsAddress(string text) => text.StartsWith('[') && text.Contains(']', StringComparison.Ordinal) && text.Contains(':', StringComparison.Ordinal);

    /// <summary>The device of a peer: the one that answered at its address, else the member of that name. Null when no peer has the name, or nothing answered yet.</summary>
    public static DeviceId? DeviceOf(Vault vault, string name)
    {
        var known = new PeerBook(vault).List();
        if (AsWritten([.. known.Select(p => p.Name)], name) is { } exact && known.First(p => p.Name == exact).Device is { } device) return device;
        var members = vault.Members.Where(m => m != vault.Device).ToDictionary(m => m, vault.DeviceName);
        return AsWritten([.. members.Values], name) is { } own ? members.First(m => m.Value == own).Key : null;
    }

    // Of several that differ in case alone, only the very letters mean one.
    private static string? AsWritten(IReadOnlyList<string> names, string typed)
    {
        if (names.Contains(typed, StringComparer.Ordinal)) return typed;
        var similar = names.Where(n => string.Equals(n, typed, StringComparison.OrdinalIgnoreCase)).ToList();
        return similar.Count == 1 ? similar[0] : null;
    }

    /// <summary>What one peer lacks, in words, as far as it is known without asking it.</summary>
    public static string Lacks(Vault vault, string peer)
    {
        var known = new PeerBook(vault).Find(peer);
        var lag = known?.Device is { } device ? PeerAcknowledgements.LagOf(vault, device) : null;
        return lag is null ? $"{peer} (never synced)" : $"{peer} (lacks {lag.Outbox} commits, {lag.Behind} to fetch)";
    }
}
