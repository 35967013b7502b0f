using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Cryptography;

/// <summary>What a device holds of an epoch.</summary>
public enum EpochSecretKind : byte
{
    /// <summary>ES: everything.</summary>
    Epoch = 0,

    /// <summary>NS: what a keyless replica gets.</summary>
    Network = 1,
}

/// <summary>One epoch's secret in the ring.</summary>
public sealed record EpochSecret(EpochId EpochId, EpochSecretKind Kind, SecretKey Secret)
{
    public override string ToString() => $"{Kind} {EpochId.ToString()[..8]}";
}

/// <summary>
/// Everything secret of one vault folder (format-1 §11): the device's keys, the epoch secrets it knows (a cache) and the index key.
/// It owns copies of what it was given and zeroes them on <see cref="Dispose"/>.
/// </summary>
public sealed class Ring : IDisposable
{
    /// <summary>Most epochs that a ring holds.</summary>
    public const int MaxEpochs = 16_384;

    /// <summary>Most slots of a vault.json.</summary>
    public const int MaxSlots = 16;

    private const int EntrySize = 80;

    public Ring(DeviceKeys device, IEnumerable<EpochSecret> epochs, SecretKey indexKey)
    {
        Device = new DeviceKeys(device.SigningSeed, device.ExchangeSecret);
        Epochs = [.. epochs.Select(e => e with { Secret = e.Secret.Clone() })];
        IndexKey = indexKey.Clone();
        if (Epochs.Count > MaxEpochs) throw new ArgumentException("A ring holds at most 16,384 epochs.", nameof(epochs));
    }

    public DeviceKeys Device { get; }

    public IReadOnlyList<EpochSecret> Epochs { get; }

    /// <summary>IK: from <see cref="IndexKeys"/> on it never leaves the folder.</summary>
    public SecretKey IndexKey { get; }

    /// <summary>The same ring with other epochs.</summary>
    public Ring WithEpochs(IEnumerable<EpochSecret> epochs) => new(Device, epochs, IndexKey);

    public Ring Clone() => WithEpochs(Epochs);

    public void Dispose()
    {
        Device.Dispose();
        foreach (var epoch in Epochs) epoch.Secret.Dispose();
        IndexKey.Dispose();
    }

    /// <summary>Encodes ring and slot keys behind each other, gives the bytes to <paramref name="use"/> and zeroes them.</summary>
    internal byte[] Encode(IReadOnlyList<(Id16 Id, SlotKey Key)> slots, Func<ReadOnlySpan<byte>, byte[]> use)
    {
        // Large enough from the start: a buffer that grows leaves copies of secrets behind.
        var writer = new CborWriter(256 + (EntrySize * (Epochs.Count + slots.Count)));
        try
        {
            writer.WriteArray(6);
            writer.WriteUInt(1);
            writer.WriteBytes(Device.SigningSeed.Span);
            writer.WriteBytes(Device.ExchangeSecret.Span);
            writer.WriteArray(Epochs.Count);
            foreach (var epoch in Epochs)
            {
                writer.WriteArray(3);
                writer.WriteId(epoch.EpochId);
                writer.WriteUInt((ulong)epoch.Kind);
                writer.WriteBytes(epoch.Secret.Span);
            }

            writer.WriteArray(slots.Count);
            foreach (var (id, key) in slots)
            {
                writer.WriteArray(2);
                writer.WriteId(id);
                writer.WriteBytes(key.Kek.Span);
            }

            writer.WriteBytes(IndexKey.Span);
            return use(writer.Written);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(writer.Written), writer.Length));
        }
    }

    /// <exception cref="VaultFormatException">Another shape.</exception>
    internal static Ring Decode(ReadOnlySpan<byte> encoded, out Dictionary<Id16, SecretKey> slotKeys)
    {
        var reader = new CborReader(encoded);
        reader.ReadArrayOf(6);
        if (reader.ReadUInt() != 1) throw new VaultFormatException("The ring has an unknown format.");
        using var seed = new SecretKey(reader.ReadBytesOf(SecretKey.Size));
        using var exchange = new SecretKey(reader.ReadBytesOf(SecretKey.Size));
        var epochs = new EpochSecret[reader.ReadArray(MaxEpochs)];
        for (int i = 0; i < epochs.Length; i++)
        {
            reader.ReadArrayOf(3);
            epochs[i] = new EpochSecret(reader.ReadId32(), (EpochSecretKind)reader.ReadUInt((ulong)EpochSecretKind.Network), new SecretKey(reader.ReadBytesOf(SecretKey.Size)));
        }

        int slots = reader.ReadArray(MaxSlots);
        slotKeys = new Dictionary<Id16, SecretKey>(slots);
        for (int i = 0; i < slots; i++)
        {
            reader.ReadArrayOf(2);
            if (!slotKeys.TryAdd(reader.ReadId16(), new SecretKey(reader.ReadBytesOf(SecretKey.Size)))) throw new VaultFormatException("The ring names a slot twice.");
        }

        using var indexKey = new SecretKey(reader.ReadBytesOf(SecretKey.Size));
        reader.Finish();
        using var device = new DeviceKeys(seed, exchange);
        var ring = new Ring(device, epochs, indexKey);
        foreach (var epoch in epochs) epoch.Secret.Dispose();
        return ring;
    }
}
