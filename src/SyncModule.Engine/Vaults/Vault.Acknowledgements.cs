using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Vaults;

/// <summary>What devices have said of themselves, signed, handed on in every session (format-1 §8).</summary>
public sealed partial class Vault
{
    /// <summary>The last word of each device that is known here.</summary>
    internal IReadOnlyList<Acknowledgement> Acknowledgements()
    {
        using var transaction = _context.Local.Begin(write: false);
        return [.. transaction.Scan(LocalTables.Signed).Select(r => OpenAcknowledgement(r.Key, r.Value)).OfType<Acknowledgement>()];
    }

    /// <summary>What a peer is to be told: the own word as of now, and what was learned of others since it was told last.</summary>
    internal IReadOnlyList<byte[]> AcknowledgementsFor(DeviceId peer)
    {
        RenewAcknowledgement();
        var told = Told(peer);
        return [.. Acknowledgements().Where(a => a.Device != peer && told.GetValueOrDefault(a.Device) < a.Timestamp.Value).Select(a => a.Encode())];
    }

    /// <summary>The peer has these: it is not told them again.</summary>
    internal void NoteTold(DeviceId peer, IReadOnlyList<byte[]> acknowledgements)
    {
        if (acknowledgements.Count == 0) return;
        var told = Told(peer);
        foreach (byte[] encoded in acknowledgements)
        {
            var one = Acknowledgement.Decode(encoded);
            told[one.Device] = Math.Max(told.GetValueOrDefault(one.Device), one.Timestamp.Value);
        }

        var writer = new CborWriter();
        writer.WriteArray(told.Count);
        foreach (var (device, timestamp) in told)
        {
            writer.WriteArray(2);
            writer.WriteId(device);
            writer.WriteUInt(timestamp);
        }

        byte[] key = peer.ToArray();
        PutLocal(LocalTables.Told, key, _context.LocalSealer.Seal(LocalTables.Told, key, writer.Written));
    }

    /// <summary>Takes what a peer handed on: what is signed by a member of this vault and newer than what is known here; the rest says nothing.</summary>
    internal void TakeAcknowledgements(IReadOnlyList<byte[]> encoded)
    {
        var known = Acknowledgements().ToDictionary(a => a.Device, a => a.Timestamp);
        foreach (byte[] bytes in encoded)
        {
            Acknowledgement one;
            try
            {
                one = Acknowledgement.Decode(bytes);
            }
            catch (VaultFormatException)
            {
                continue;
            }

            if (one.Vault != Id || one.Device == Device || !Membership.IsMember(one.Device) || (known.TryGetValue(one.Device, out var before) && before.CompareTo(one.Timestamp) >= 0)) continue;
            if (!Plants.AcknowledgementUnsigned && !one.Verify(SignatureVerifier.Instance)) continue;
            KeepAcknowledgement(one);
            known[one.Device] = one.Timestamp; // the list may name a device twice
        }
    }

    // A new one only where there is something new to say: it is signed, written and sent to everybody.
    private void RenewAcknowledgement()
    {
        var (applied, own, full) = Read(rows => ((Plants.AcknowledgedUnapplied ? _indexer.State.Held : _indexer.State.Applied).Clone(), OwnTips(rows), !rows.Transaction.Scan(IndexTables.Wanted).Any() && _indexer.State.WaitingCommits == 0));
        var heads = Membership.Heads.Order().Take(CommitHeader.MaxIds).ToList();
        var last = Acknowledgements().FirstOrDefault(a => a.Device == Device);
        if (last is not null && last.Applied.SameAs(applied) && last.Own.SameAs(own) && last.Full == full && last.Members.SequenceEqual(heads)) return;
        var clock = new HybridClock(last?.Timestamp ?? default);
        KeepAcknowledgement(Acknowledgement.Create(Id, Device, clock.Tick(_context.NowMilliseconds()), applied, full, heads, own, bytes => _context.Keys.Device.Sign(bytes)));
    }

    // Of every data log of this device, the older ones too: those that are held here.
    private VersionVector OwnTips(RowAccess rows)
    {
        var own = new VersionVector();
        foreach (var (log, tips) in _indexer.State.Held.Logs)
        {
            if (rows.Commit(tips[0].Id) is { } row && row.Device == Device) own.Set(log, tips);
        }

        return own;
    }

    private void KeepAcknowledgement(Acknowledgement one)
    {
        byte[] key = one.Device.ToArray();
        PutLocal(LocalTables.Signed, key, _context.LocalSealer.Seal(LocalTables.Signed, key, one.Encode()));
    }

    private Acknowledgement? OpenAcknowledgement(byte[] key, byte[] row)
    {
        try
        {
            return Acknowledgement.Decode(_context.LocalSealer.Open(LocalTables.Signed, key, row));
        }
        catch (Exception e) when (e is VaultFormatException || (e is SyncException s && s.Kind == SyncErrors.LocalStateDamaged))
        {
            return null; // it is said again, sooner or later; verify tells of the damage
        }
    }

    private SortedDictionary<DeviceId, ulong> Told(DeviceId peer)
    {
        var told = new SortedDictionary<DeviceId, ulong>();
        byte[] key = peer.ToArray();
        using var transaction = _context.Local.Begin(write: false);
        if (transaction.Get(LocalTables.Told, key) is not { } row) return told;
        try
        {
            var reader = new CborReader(_context.LocalSealer.Open(LocalTables.Told, key, row));
            for (int left = reader.ReadArray(int.MaxValue); left > 0; left--)
            {
                reader.ReadArrayOf(2);
                told[reader.ReadId32()] = reader.ReadUInt();
            }
        }
        catch (Exception e) when (e is VaultFormatException || (e is SyncException s && s.Kind == SyncErrors.LocalStateDamaged))
        {
            told.Clear(); // told again
        }

        return told;
    }

    private void PutLocal(int table, byte[] key, byte[] row)
    {
        using var transaction = _context.Local.Begin(write: true);
        transaction.Put(table, key, row);
        transaction.Commit();
    }
}
