using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using SyncModule.Core.Chunking;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Vaults;

/// <summary>Every secret of an unlocked vault, in one place that can be wiped.</summary>
public sealed class VaultKeys : IDisposable
{
    private const int MostCollections = 1024;

    private readonly Dictionary<EpochId, EpochKeys> _epochs = [];
    private readonly ConcurrentDictionary<string, CollectionTag> _collections = new(StringComparer.Ordinal);

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

    /// <summary>As <see cref="GenesisKeys.TagOf"/>, remembered: a vault has few collections and writes into them again and again. Any thread.</summary>
    internal CollectionTag CollectionTag(string collection)
    {
        if (_collections.TryGetValue(collection, out var tag)) return tag;
        if (_collections.Count >= MostCollections) _collections.Clear();
        return _collections[collection] = Genesis.TagOf(collection);
    }

    /// <summary>The row key of an item: HMAC(X(IK,"index/tag"), u32 length ‖ collection ‖ key)[0..16].</summary>
    public Id16 ItemTag(string collection, string key) => LocalTag(collection, key);

    /// <summary>The same for many at once: as many MACs as the processor has lanes are computed together. Any thread.</summary>
    public Id16[] ItemTags(IReadOnlyList<ItemIntent> items)
    {
        var tags = new Id16[items.Count];
        if (items.Count == 1)
        {
            tags[0] = ItemTag(items[0].Collection, items[0].Key);
            return tags;
        }

        const int Most = 64;
        Span<LaneMessage> messages = stackalloc LaneMessage[Most];
        Span<Id32> macs = stackalloc Id32[Most];
        Span<byte> cut = stackalloc byte[Id32.Size];
        var buffer = new byte[Most * 64];
        for (int first = 0; first < tags.Length; first += Most)
        {
            int count = Math.Min(Most, tags.Length - first), used = 0;
            for (int i = 0; i < count; i++)
            {
                var item = items[first + i];
                int length = TagInputLength(item.Collection, item.Key);
                if (buffer.Length - used < length) Array.Resize(ref buffer, Math.Max(2 * buffer.Length, used + length));
                WriteTagInput(buffer.AsSpan(used, length), item.Collection, item.Key);
                messages[i] = new(used, length);
                used += length;
            }

            Tags.Compute(buffer.AsSpan(0, used), messages[..count], macs);
            for (int i = 0; i < count; i++)
            {
                macs[i].CopyTo(cut);
                tags[first + i] = new(cut[..Id16.Size]);
            }
        }

        return tags;
    }

    /// <summary>A row key that shows nothing of the two names it stands for.</summary>
    public Id16 LocalTag(string first, string second)
    {
        int total = TagInputLength(first, second);
        Span<byte> input = total <= 512 ? stackalloc byte[total] : new byte[total];
        WriteTagInput(input, first, second);
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

    private static int TagInputLength(string first, string second) => 4 + Encoding.UTF8.GetByteCount(first) + Encoding.UTF8.GetByteCount(second);

    // u32 length of the first ‖ first ‖ second
    private static void WriteTagInput(Span<byte> input, string first, string second)
    {
        int length = Encoding.UTF8.GetBytes(first, input[4..]);
        BinaryPrimitives.WriteInt32BigEndian(input, length);
        Encoding.UTF8.GetBytes(second, input[(4 + length)..]);
    }
}
