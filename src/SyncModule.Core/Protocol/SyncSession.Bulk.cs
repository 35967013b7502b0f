using System.Buffers.Binary;
using SyncModule.Core.Model;

namespace SyncModule.Core.Protocol;

// Outgoing COMMITS and DATA: built one frame at a time, as far as the peer's credit and this turn's budget go, so memory stays bounded.
public sealed partial class SyncSession
{
    // A DATA frame in lent memory, or frames of its own.
    private Send? _parked;
    private bool _servedLast;

    // What a peer asked for and what changes here take turns, so that neither waits for the end of the other.
    private bool PushMayStart => State == SessionState.Ready && _dirty && OffersAreOut;

    private void Pump()
    {
        while (!Ended && _budget > 0)
        {
            if (_parked is not null)
            {
                if (_parked.Length > _credit) return;
                SendParked();
            }
            else if (_behind.Count > 0)
            {
                BuildBehind();
            }
            else if (_source is not null)
            {
                BuildCommits();
            }
            else if (_branch is not null)
            {
                BuildBranch();
            }
            else if (_serving.Count > 0 && !_servedLast)
            {
                BuildServed();
                _servedLast = true;
            }
            else if (PushMayStart)
            {
                StartPush();
                _servedLast = false;
            }
            else if (_offered.Count > 0)
            {
                ParkOffered();
                _servedLast = false;
            }
            else if (_serving.Count > 0)
            {
                BuildServed();
            }
            else
            {
                return;
            }
        }
    }

    // Credit and budget are asked here only: a frame is built, then waits until the peer can take it.
    private void SendParked()
    {
        int length = _parked!.Length;
        _credit -= length;
        _budget -= length;
        _counters.BytesSent += length;
        _said = _now;
        Emit(_parked);
        _parked = null;
    }

    private void Park(ReadOnlyMemory<byte> frames) => _parked = new(frames, Bulk: true);

    // The head is a piece of its own, so that the records need not be copied behind it.
    private void ParkRecords(ReadOnlyMemory<byte> records, int count, Action? done)
    {
        if (records.Length > SessionLimits.MaxData)
        {
            done?.Invoke();
            throw SyncErrors.MessageTooLarge.With($"a DATA frame of {records.Length} bytes cannot be sent");
        }

        var head = new byte[SessionLimits.FrameHeader];
        head[0] = (byte)FrameType.Data;
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(1), records.Length);
        _parked = new(head, Bulk: true, records, done);
        _counters.ObjectsSent += count;
    }

    // What was lent for frames that will never go out.
    private void DropBulk()
    {
        DropSource();
        _parked?.Done?.Invoke();
        _parked = null;
        while (_offered.TryDequeue(out var part)) part.Done();
        while (_serving.TryDequeue(out var source)) source.Dispose();
    }

    private void BuildCommits()
    {
        var bundles = new List<CommitBundle>();
        long bytes = 0;
        while (bytes < SessionLimits.BulkFrame && bundles.Count < CommitsMessage.MaxBundles && _source!.Next() is { } bundle)
        {
            bundles.Add(bundle);
            bytes += bundle.Bytes + CommitsMessage.Overhead(bundle);
            if (_sourceLane == Lane.Data)
            {
                foreach (var address in bundle.SmallObjects) _behind.Enqueue(address);
            }
        }

        if (bundles.Count == 0) SourceDone();
        else ParkCommits(bundles);
    }

    private void ParkCommits(List<CommitBundle> bundles)
    {
        var writer = new FrameWriter();
        writer.Write(FrameType.Commits, new CommitsMessage(bundles).Encode());
        _counters.CommitsSent += bundles.Count;
        _pushed += bundles.Count;
        Park(writer.Detach());
    }

    // Objects that left in the meantime are not missed here: the receiver will ask for what it lacks.
    private void BuildBehind()
    {
        var writer = new FrameWriter();
        writer.Begin(FrameType.Data);
        while (_behind.Count > 0 && writer.Length < SessionLimits.BulkFrame) Append(writer, _behind.Dequeue());
        ParkData(writer);
    }

    private void BuildServed()
    {
        var batch = _serving.Peek().Next();
        // Closed at once: the receiver may ask again as soon as it has the last object.
        if (batch.Last) _serving.Dequeue().Dispose();

        foreach (var part in batch.Missing.Chunk(SessionLimits.WantAddresses)) Put(FrameType.Accept, new AddressesMessage(part).Encode());
        if (batch.Records.Length > 0) ParkRecords(batch.Records, batch.Count, batch.Done);
        else batch.Done?.Invoke();
    }

    private bool Append(FrameWriter writer, ObjectAddress address)
    {
        int before = writer.Length;
        if (!_replica.TryReadObjectRecord(address, writer))
        {
            writer.Truncate(before);
            return false;
        }

        _counters.ObjectsSent++;
        return true;
    }

    private void ParkData(FrameWriter writer)
    {
        if (writer.Length == SessionLimits.FrameHeader) return;
        writer.End();
        Park(writer.Detach());
    }
}
