using SyncModule.Core.Encoding;

namespace SyncModule.Engine.Cryptography;

/// <summary>Everything derived from the secret ES of one epoch (format-1 §1).</summary>
public sealed class EpochKeys : IDisposable
{
    /// <summary>Takes a copy of the 32 bytes of ES.</summary>
    public EpochKeys(SecretKey epochSecret, VaultId vaultId)
    {
        Secret = epochSecret.Clone();
        VaultId = vaultId;
        EpochId = ComputeId(Secret, vaultId);
        ObjectKey = KeySchedule.Derive(Secret, Labels.Object, vaultId);
        Blocks = new BlockKeys(EpochId, new SivKeys(KeySchedule.Derive(Secret, Labels.BlockSiv, vaultId), KeySchedule.Derive(Secret, Labels.BlockKey, vaultId)));
        using var network = KeySchedule.Derive(Secret, Labels.NetworkSecret, vaultId);
        Network = new NetworkKeys(network, vaultId, EpochId);
    }

    public VaultId VaultId { get; }

    public EpochId EpochId { get; }

    /// <summary>ES itself, to be wrapped for members and kept in the ring.</summary>
    public SecretKey Secret { get; }

    public NetworkKeys Network { get; }

    /// <summary>MAC key of object keys (§5).</summary>
    public SecretKey ObjectKey { get; }

    /// <summary>Keys of data blocks (§3).</summary>
    public BlockKeys Blocks { get; }

    /// <summary>epochId = X(ES, "epoch/id"): a recipient checks a received secret against the id it was sent under.</summary>
    public static EpochId ComputeId(SecretKey epochSecret, VaultId vaultId)
    {
        using var id = KeySchedule.Derive(epochSecret, Labels.EpochId, vaultId);
        return new EpochId(id.Span);
    }

    public void Dispose()
    {
        Secret.Dispose();
        Network.Dispose();
        ObjectKey.Dispose();
        Blocks.Dispose();
    }
}

/// <summary>What seals the blocks of one lane: the epoch that a block names, and its two keys.</summary>
public sealed class BlockKeys : IDisposable
{
    internal BlockKeys(EpochId epochId, SivKeys siv)
    {
        EpochId = epochId;
        Siv = siv;
    }

    public EpochId EpochId { get; }

    public SivKeys Siv { get; }

    /// <summary>Keys of lane 1 from the network keys of the genesis epoch (format-1 §3, last line of the construction).</summary>
    public static BlockKeys ForMembership(NetworkKeys genesis) => new(genesis.EpochId, genesis.DeriveMemberKeys());

    public void Dispose() => Siv.Dispose();
}
