using SyncModule.Core.Encoding;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>What became of one batch of received objects.</summary>
public sealed record ObjectsReceived(IReadOnlyList<ObjectAddress> Stored, IReadOnlyList<ObjectAddress> Rejected);

/// <summary>
/// Takes whole pack records from one session into a pack of its own: each body is checked against its address, then the records are
/// written as they came; they are listed, and no longer wanted, once they are durable. One thread at a time.
/// </summary>
internal sealed class ObjectReceiver(VaultContext vault, IIndexAccess index, Action changed) : IDisposable
{
    /// <summary>Bytes written between two flushes at the most; a killed process finds them again by scanning, a power cut loses them.</summary>
    private const long FlushBytes = 32 << 20;

    private readonly List<(ObjectAddress Address, ObjectLocation Location)> _pending = [];
    private PackWriter? _pack;
    private long _unflushed;

    /// <summary>
    /// Writes one batch. It is durable and listed when <paramref name="flush"/> is set, or when enough has gathered; until then it
    /// stays wanted here, so the session has to exclude what is under way.
    /// </summary>
    public ObjectsReceived Store(ReadOnlySpan<byte> records, bool flush)
    {
        var stored = new List<ObjectAddress>();
        var rejected = new List<ObjectAddress>();
        var keep = new List<(ObjectAddress Address, int Offset, int Length)>();
        for (int offset = 0; offset < records.Length;)
        {
            if (!ObjectRecord.TryReadHeader(records[offset..], out var address, out int length) || length > records.Length - offset - ObjectRecord.HeaderLength) throw new VaultFormatException("A DATA frame is not made of whole records.");
            int body = offset + ObjectRecord.HeaderLength;
            if (Digest.Hash(records.Slice(body, length)) == address) keep.Add((address, offset, ObjectRecord.HeaderLength + length));
            else rejected.Add(address);
            offset = body + length;
        }

        try
        {
            Write(records, keep, stored);
        }
        catch (DiskException)
        {
            Abandon();
            throw;
        }

        if (flush || _unflushed >= FlushBytes) Flush();
        return new(stored, rejected);
    }

    /// <summary>Makes everything written durable and lists it.</summary>
    public void Flush()
    {
        if (_pending.Count == 0) return;
        vault.Flushes.ThrowIfClosed();
        try
        {
            _pack!.Sync();
        }
        catch (DiskException)
        {
            Abandon();
            throw;
        }

        index.Change(step =>
        {
            foreach (var (address, location) in _pending) step.Arrived(address, location);
            return 0;
        });

        _pending.Clear();
        _unflushed = 0;
        changed();
    }

    public void Dispose()
    {
        try
        {
            Flush();
            _pack?.Complete();
        }
        finally
        {
            _pack?.Dispose();
            _pack = null;
        }
    }

    // A pack takes nothing more after a failed write or sync. What was not synced was never listed, so it is still wanted.
    private void Abandon()
    {
        _pack?.Dispose();
        _pack = null;
        _pending.Clear();
        _unflushed = 0;
    }

    // Runs of kept records are written as they came, with one write each; known objects are left out but count as stored.
    private void Write(ReadOnlySpan<byte> records, List<(ObjectAddress Address, int Offset, int Length)> keep, List<ObjectAddress> stored)
    {
        var known = Known(keep);
        for (int i = 0; i < keep.Count;)
        {
            stored.Add(keep[i].Address);
            if (known.Contains(keep[i].Address))
            {
                i++;
                continue;
            }

            int end = i + 1;
            while (end < keep.Count && keep[end].Offset == keep[end - 1].Offset + keep[end - 1].Length && !known.Contains(keep[end].Address))
            {
                stored.Add(keep[end].Address);
                end++;
            }

            int start = keep[i].Offset, length = keep[end - 1].Offset + keep[end - 1].Length - start;
            _pack ??= vault.Packs.CreateWriter();
            foreach (var record in _pack.Append(records.Slice(start, length))) _pending.Add((record.Address, ObjectLocation.InPack(record.Position)));
            i = end;

            _unflushed += length;
        }
    }

    private HashSet<ObjectAddress> Known(List<(ObjectAddress Address, int Offset, int Length)> keep)
    {
        return index.Look(rows => keep.Select(k => k.Address).Where(rows.HasObject).ToHashSet());
    }
}
