using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Transport;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Nodes;

/// <summary>A peer as a person named it: its addresses, the device that answered there last, and when a sync with it last ended well.</summary>
public sealed record Peer(string Name, IReadOnlyList<string> Addresses, DeviceId? Device, DateTimeOffset? LastSync);

/// <summary>The peers of one vault folder, in local.db: sealed, because names and addresses say who owns which machine.</summary>
public sealed class PeerBook(Vault vault)
{
    private const int MaxAddresses = 32;
    private const int MaxAddressBytes = 512;

    /// <summary>Adds a peer, or gives a known one these addresses.</summary>
    public void Add(string name, IReadOnlyList<string> addresses)
    {
        string checkedName = VaultCreation.CheckDeviceName(name);
        if (addresses.Count is 0 or > MaxAddresses) throw SyncErrors.AddressInvalid.With($"A peer has 1 to {MaxAddresses} addresses");
        string[] parsed = [.. addresses.Select(a => PeerAddress.Parse(a).ToString())];
        var known = Find(checkedName);
        Write(new(checkedName, parsed, known?.Device, known?.LastSync));
    }

    /// <summary>False when there is no such peer.</summary>
    public bool Remove(string name)
    {
        if (Find(name) is null) return false;
        using var transaction = vault.Local.Begin(write: true);
        transaction.Delete(LocalTables.Peer, KeyOf(name));
        transaction.Commit();
        return true;
    }

    /// <summary>All peers by name, in ordinal order.</summary>
    public IReadOnlyList<Peer> List()
    {
        using var transaction = vault.Local.Begin(write: false);
        return [.. transaction.Scan(LocalTables.Peer).Select(r => Decode(vault.LocalSealer.Open(LocalTables.Peer, r.Key, r.Value))).OrderBy(p => p.Name, StringComparer.Ordinal)];
    }

    public Peer? Find(string name)
    {
        byte[] key = KeyOf(name);
        using var transaction = vault.Local.Begin(write: false);
        return transaction.Get(LocalTables.Peer, key) is { } row ? Decode(vault.LocalSealer.Open(LocalTables.Peer, key, row)) : null;
    }

    /// <summary>Remembers which device answered under a name, and when.</summary>
    public void Synced(string name, DeviceId device, DateTimeOffset when)
    {
        if (Find(name) is { } peer) Write(peer with { Device = device, LastSync = when });
    }

    private byte[] KeyOf(string name) => vault.Keys.LocalTag("peer", name).ToArray();

    private void Write(Peer peer)
    {
        var writer = new CborWriter();
        writer.WriteArray(5);
        writer.WriteUInt(1);
        writer.WriteText(peer.Name);
        writer.WriteArray(peer.Addresses.Count);
        foreach (string address in peer.Addresses) writer.WriteText(address);
        if (peer.Device is { } device) writer.WriteId(device);
        else writer.WriteNull();
        if (peer.LastSync is { } last) writer.WriteUInt((ulong)last.ToUnixTimeMilliseconds());
        else writer.WriteNull();
        byte[] key = KeyOf(peer.Name);
        using var transaction = vault.Local.Begin(write: true);
        transaction.Put(LocalTables.Peer, key, vault.LocalSealer.Seal(LocalTables.Peer, key, writer.Written));
        transaction.Commit();
    }

    private static Peer Decode(ReadOnlySpan<byte> row)
    {
        var reader = new CborReader(row);
        reader.ReadArrayOf(5);
        if (reader.ReadUInt() != 1) throw SyncErrors.LocalStateDamaged.With("A peer's row has an unknown shape");
        string name = reader.ReadText(Operation.MaxNameBytes);
        var addresses = new string[reader.ReadArray(MaxAddresses)];
        for (int i = 0; i < addresses.Length; i++) addresses[i] = reader.ReadText(MaxAddressBytes);
        DeviceId? device = reader.TryReadNull() ? null : reader.ReadId32();
        DateTimeOffset? last = reader.TryReadNull() ? null : DateTimeOffset.FromUnixTimeMilliseconds((long)reader.ReadUInt(253402300799999));
        reader.Finish();
        return new(name, addresses, device, last);
    }
}
