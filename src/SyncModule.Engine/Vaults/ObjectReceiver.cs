using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>What became of one batch of received objects.</summary>
public sealed record ObjectsReceived(IReadOnlyList<ObjectAddress> Stored, IReadOnlyList<ObjectAddress> Rejected);

/// <summary>
/// Takes whole pack records from one session into a pack of its own: each body is checked against its address, then the records are
/// written as they came; they are listed, and no longer wanted, once they are durable. One thread at a time, except for <see cref="Check"/>.
/// </summary>
internal sealed class ObjectReceiver(VaultContext vault, IIndexAccess index, Action changed) : IDisposable
{
    private readonly List<(ObjectAddress Address, ObjectLocation Location)> _pending = [];
    private readonly PackBatch _batch = new(vault.Packs);

    /// <summary>Compares every record with its address.</summary>
    /// <exception cref="VaultFormatException">The bytes are not whole records.</exception>
    public static CheckedObjects Check(ReadOnlyMemory<byte> records)
    {
        var bytes = records.Span;
        var all = new List<CheckedObject>();
        for (int offset = 0; offset < bytes.Length;)
        {
            if (!ObjectRecord.TryReadHeader(bytes[offset..], out var address, out int length) || address.IsZero || length > bytes.Length - offset - ObjectRecord.HeaderLength) throw new VaultFormatException("A DATA frame is not made of whole records.");
            all.Add(new(address, offset, length));
            offset += ObjectRecord.HeaderLength + length;
        }

        var messages = new LaneMessage[all.Count];
        var digests = new Id32[all.Count];
        for (int i = 0; i < messages.Length; i++) messages[i] = new(all[i].Offset + ObjectRecord.HeaderLength, all[i].Length);
        Lanes.Hash(bytes, messages, digests);
        var good = new List<CheckedObject>(all.Count);
        var rejected = new List<ObjectAddress>();
        for (int i = 0; i < digests.Length; i++)
        {
            if (Plants.AddressUnchecked || digests[i] == all[i].Address) good.Add(all[i]);
            else rejected.Add(all[i].Address);
        }

        return new(records, good, rejected);
    }

    /// <summary>
    /// Writes what was checked. It is durable and listed after <see cref="Flush"/>; until then it stays wanted here, so the session has
    /// to exclude what is under way.
    /// </summary>
    public ObjectsReceived Write(CheckedObjects objects)
    {
        var known = index.Look(rows => objects.Good.Select(o => o.Address).Where(rows.HasObject).ToHashSet());
        try
        {
            _batch.Add(objects, known);
        }
        catch (DiskException)
        {
            Abandon();
            throw;
        }

        return new([.. objects.Good.Select(o => o.Address)], objects.Rejected);
    }

    /// <summary>Checks, writes and, with <paramref name="flush"/>, makes durable.</summary>
    public ObjectsReceived Store(ReadOnlyMemory<byte> records, bool flush)
    {
        var result = Write(Check(records));
        if (flush) Flush();
        return result;
    }

    /// <summary>Makes everything written durable and lists it.</summary>
    public void Flush()
    {
        if (_pending.Count > 0) vault.Flushes.ThrowIfClosed();
        try
        {
            _batch.Sync(_pending);
        }
        catch (DiskException)
        {
            Abandon();
            throw;
        }

        if (_pending.Count == 0) return;
        index.Change(step =>
        {
            foreach (var (address, location) in _pending) step.Arrived(address, location);
            return 0;
        });

        _pending.Clear();
        changed();
    }

    public void Dispose()
    {
        try
        {
            Flush();
            _batch.Complete();
        }
        finally
        {
            _batch.Dispose();
        }
    }

    // A pack takes nothing more after a failed write or sync. What was not synced was never listed, so it is still wanted.
    private void Abandon()
    {
        _batch.Abandon();
        _pending.Clear();
    }
}
