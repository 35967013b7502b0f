using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Nodes;

/// <summary>How far a peer is from this device, in data commits, as of its last acknowledgement.</summary>
/// <param name="Behind">Commits that the peer held and this device does not.</param>
/// <param name="Outbox">Commits that this device holds and the peer has not acknowledged: nothing is queued, this is derived.</param>
public sealed record PeerLag(long Behind, long Outbox);

/// <summary>The held vectors that peers acknowledged last, in local.db. Sealed, so that none is believed that was never written (docs/decisions/070).</summary>
public static class PeerAcknowledgements
{
    internal static void Remember(Vault vault, DeviceId device, VersionVector held)
    {
        var writer = new CborWriter();
        held.Write(writer);
        byte[] key = device.ToArray();
        byte[] row = vault.LocalSealer.Seal(LocalTables.Acknowledged, key, writer.Written);
        using var transaction = vault.Local.Begin(write: true);
        transaction.Put(LocalTables.Acknowledged, key, row);
        transaction.Commit();
    }

    /// <summary>Null when the device has never acknowledged anything here.</summary>
    public static PeerLag? LagOf(Vault vault, DeviceId device)
    {
        if (Find(vault, device) is not { } theirs) return null;
        var ours = vault.HeldVector(Lane.Data);
        return new(Ahead(theirs, ours), Ahead(ours, theirs));
    }

    /// <summary>What the device acknowledged last; null when it never did.</summary>
    internal static VersionVector? Find(Vault vault, DeviceId device)
    {
        using var transaction = vault.Local.Begin(write: false);
        byte[] key = device.ToArray();
        return transaction.Get(LocalTables.Acknowledged, key) is { } row ? LocalTables.Acknowledgement(vault.LocalSealer, key, row) : null;
    }

    private static long Ahead(VersionVector left, VersionVector right) =>
        left.Logs.Sum(l => Math.Max(0, (long)left.Sequence(l.Key) - (long)right.Sequence(l.Key)));
}
