using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using SyncModule.Core.Chunking;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Vaults;

/// <summary>Every secret of an unlocked vault, in one place that can be wiped.</summary>
public sealed class VaultKeys : IDisposable
{
    private readonly Dictionary<EpochId, EpochKeys> _epochs = [];

    /// <summary>Derives everything from the ring, which may be wiped afterwards. Its first epoch is that of genesis.</summary>
    public VaultKeys(VaultId vault, Ring ring)
    {
        Vault = vault;
        Device = ring.Clone().Device;
        foreach (var epoch in ring.Epochs.Where(e => e.Kind == EpochSecretKind.Epoch))
        {
            var keys = new EpochKeys(epoch.Secret, vault);
            if (keys.EpochId != epoch.EpochId) throw SyncErrors.VaultDamaged.With("An epoch's secret in the ring is not the one it is named for");
            if (!_epochs.TryAdd(keys.EpochId, keys)) keys.Dispose();
        }

        if (ring.Epochs.Count == 0 || !_epochs.TryGetValue(ring.Epochs[0].EpochId, out var genesis)) throw SyncErrors.VaultDamaged.With("The ring lacks the key of the first epoch");
        FirstEpoch = genesis;
        Genesis = new(genesis);
        Index = new(ring.IndexKey, vault);
        Tags = new(Index.Tag.Span);
        Gear = GearTable.Derive(Genesis.Chunking.Span);
    }

    public VaultId Vault { get; }

    public DeviceKeys Device { get; }

    public GenesisKeys Genesis { get; }

    public IndexKeys Index { get; }

    /// <summary>The vault's own chunk boundaries: sizes of known files mean nothing to a stranger.</summary>
    public GearTable Gear { get; }

    /// <summary>Row keys of many items at a time: see <see cref="ItemTag"/>.</summary>
    internal HmacLanes Tags { get; }

    /// <summary>The epoch of genesis, of which every member has the secret.</summary>
    public EpochKeys FirstEpoch { get; }

    /// <summary>The epochs whose secret is here, by id.</summary>
    public IReadOnlyDictionary<EpochId, EpochKeys> Epochs => _epochs;

    /// <summary>The row key of an item: HMAC(X(IK,"index/tag"), u32 length ‖ collection ‖ key)[0..16].</summary>
    public Id16 ItemTag(string collection, string key) => LocalTag(collection, key);

    /// <summary>A row key that shows nothing of the two names it stands for.</summary>
    public Id16 LocalTag(string first, string second)
    {
        int length = Encoding.UTF8.GetByteCount(first);
        int total = 4 + length + Encoding.UTF8.GetByteCount(second);
        Span<byte> input = total <= 512 ? stackalloc byte[total] : new byte[total];
        BinaryPrimitives.WriteInt32BigEndian(input, length);
        Encoding.UTF8.GetBytes(first, input[4..]);
        Encoding.UTF8.GetBytes(second, input[(4 + length)..]);
        Span<byte> mac = stackalloc byte[32];
        HMACSHA256.HashData(Index.Tag.Span, input, mac);
        return new(mac[..Id16.Size]);
    }

    public void Dispose()
    {
        foreach (var keys in _epochs.Values) keys.Dispose();
        Genesis.Dispose();
        Index.Dispose();
        Tags.Dispose();
        Device.Dispose();
    }
}
