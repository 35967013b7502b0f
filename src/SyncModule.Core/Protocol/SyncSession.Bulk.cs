using SyncModule.Core.Model;

namespace SyncModule.Core.Protocol;

// Outgoing COMMITS and DATA: built one frame at a time, as far as the peer's credit and this turn's budget go, so memory stays bounded.
public sealed partial class SyncSession
{
    private void Pump()
    {
        while (!Ended && _budget > 0)
        {
            if (_parked.Length > 0)
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
            else if (_serving.Count > 0)
            {
                BuildServed();
            }
            else if (State == SessionState.Ready && _dirty)
            {
                StartPush();
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
        _credit -= _parked.Length;
        _budget -= _parked.Length;
        _counters.BytesSent += _parked.Length;
        _said = _now;
        Emit(new Send(_parked, Bulk: true));
        _parked = default;
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
        _parked = writer.Detach();
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
        var writer = new FrameWriter(SessionLimits.BulkFrame + SessionLimits.SmallObject);
        writer.Begin(FrameType.Data);
        var gone = new List<ObjectAddress>();
        while (_serving.TryPeek(out var want) && writer.Length < SessionLimits.BulkFrame)
        {
            var address = want.Dequeue();
            // Closed at once: the receiver may ask again as soon as it has the last object.
            if (want.Count == 0) _serving.Dequeue();
            if (!Append(writer, address)) gone.Add(address);
        }

        // It was here when the WANT came: swept or found damaged since.
        foreach (var part in gone.Chunk(SessionLimits.WantAddresses)) Put(FrameType.Accept, new AddressesMessage(part).Encode());
        ParkData(writer);
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
        _parked = writer.Detach();
    }
}
