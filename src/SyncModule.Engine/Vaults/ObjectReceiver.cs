using System.Buffers;
using System.Runtime.InteropServices;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>What became of one batch of received objects.</summary>
public sealed record ObjectsReceived(IReadOnlyList<ObjectAddress> Stored, IReadOnlyList<ObjectAddress> Rejected);

/// <summary>
/// Takes whole pack records from one session into a pack of its own: each body is checked against its address, then the records are
/// written as they came; they are listed, and no longer wanted, once they are durable. One thread at a time, except for <see cref="Check(IReadOnlyList{ReadOnlyMemory{byte}})"/>.
/// </summary>
internal sealed class ObjectReceiver(VaultContext vault, IIndexAccess index, Action changed) : IDisposable
{
    private readonly List<(ObjectAddress Address, ObjectLocation Location)> _pending = [];
    private readonly PackBatch _batch = new(vault.Packs);
    private readonly IDisposable _use = vault.Use.Begin();

    /// <summary>Compares every record with its address.</summary>
    /// <exception cref="VaultFormatException">The bytes are not whole records.</exception>
    public static CheckedObjects Check(ReadOnlyMemory<byte> records) => Check([records])[0];

    /// <summary>The same for several bodies, whose records are hashed together.</summary>
    /// <exception cref="VaultFormatException">One of them is not made of whole records.</exception>
    public static unsafe IReadOnlyList<CheckedObjects> Check(IReadOnlyList<ReadOnlyMemory<byte>> bodies)
    {
        var pins = new MemoryHandle[bodies.Count];
        try
        {
            var records = new List<CheckedObject>();
            var sealedBytes = new List<LaneParts>();
            var ends = new int[bodies.Count];
            for (int i = 0; i < pins.Length; i++)
            {
                pins[i] = bodies[i].Pin();
                int first = records.Count;
                Split(bodies[i].Span, records);
                for (int r = first; r < records.Count; r++) sealedBytes.Add(new((byte*)pins[i].Pointer + records[r].Offset + ObjectRecord.HeaderLength, records[r].Length));
                ends[i] = records.Count;
            }

            var digests = new Id32[records.Count];
            Lanes.Hash(CollectionsMarshal.AsSpan(sealedBytes), digests);
            var results = new CheckedObjects[bodies.Count];
            for (int i = 0, next = 0; i < results.Length; i++)
            {
                var (good, rejected) = (new List<CheckedObject>(ends[i] - next), new List<ObjectAddress>());
                for (; next < ends[i]; next++)
                {
                    if (Plants.AddressUnchecked || digests[next] == records[next].Address) good.Add(records[next]);
                    else rejected.Add(records[next].Address);
                }

                results[i] = new(bodies[i], good, rejected);
            }

            return results;
        }
        finally
        {
            foreach (var pin in pins) pin.Dispose();
        }
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
            step.Arrived(_pending);
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
            _use.Dispose();
        }
    }

    private static void Split(ReadOnlySpan<byte> bytes, List<CheckedObject> records)
    {
        for (int offset = 0; offset < bytes.Length;)
        {
            if (!ObjectRecord.TryReadHeader(bytes[offset..], out var address, out int length) || address.IsZero || length > bytes.Length - offset - ObjectRecord.HeaderLength) throw new VaultFormatException("A DATA frame is not made of whole records.");
            records.Add(new(address, offset, length));
            offset += ObjectRecord.HeaderLength + length;
        }
    }

    // A pack takes nothing more after a failed write or sync. What was not synced was never listed, so it is still wanted.
    private void Abandon()
    {
        _batch.Abandon();
        _pending.Clear();
    }
}
