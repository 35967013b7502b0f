namespace SyncModule.Core.Protocol;

// Objects that go out while they are being imported, ahead of the commits that will name them (docs/decisions/017): only to a peer that
// announced that it takes them, only while both are level and follow, and only as far as its WINDOW goes.
public sealed partial class SyncSession
{
    private readonly Queue<OfferedPart> _offered = new();

    // What the peer sent in this session it has.
    private readonly HashSet<ObjectAddress> _peerObjects = [];
    private ObjectsOffered? _offerTaken;
    private long _partsOffered;
    private long _partsSent;
    private long _commitsBehindPart;

    private readonly record struct OfferedPart(ReadOnlyMemory<byte> Records, int Count, Action Done);

    private bool PeerTakesUnasked => Announces(_options.Capabilities) && _hello is not null && Announces(_hello.Capabilities);

    // An import writes its commit behind its last object, so commits wait for the objects that were offered before them: else the peer
    // would ask for what is on its way. What is offered later does not hold them up.
    private bool OffersAreOut => _partsSent >= _commitsBehindPart;

    private static bool Announces(IReadOnlyList<Capability> capabilities) => capabilities.Any(c => c.Id == Capability.UnaskedObjects.Id);

    private void OnOffered(ObjectsOffered offer)
    {
        var parts = State == SessionState.Ready && CanSend && PeerTakesUnasked ? Split(offer.Records) : [];
        if (parts.Count == 0) return; // handed back by the caller

        // The parts leave one by one, on the sender's thread; the last one gives the whole back.
        int left = parts.Count;
        foreach (var (records, count) in parts)
        {
            _offered.Enqueue(new(records, count, () =>
            {
                if (Interlocked.Decrement(ref left) == 0) offer.Done();
            }));
        }

        _offerTaken = offer;
        _partsOffered += parts.Count;
    }

    // Runs of records that the peer does not have, a frame each.
    private List<(ReadOnlyMemory<byte> Records, int Count)> Split(ReadOnlyMemory<byte> records)
    {
        var parts = new List<(ReadOnlyMemory<byte>, int)>();
        int start = 0, at = 0, count = 0;
        while (at < records.Length)
        {
            var address = ObjectRecord.ReadHeader(records.Span[at..], out int length);
            int next = at + ObjectRecord.HeaderSize + length;
            bool has = _peerObjects.Contains(address);
            if (count > 0 && (has || next - start > SessionLimits.ObjectsFrame))
            {
                parts.Add((records[start..at], count));
                (start, count) = (at, 0);
            }

            at = next;
            if (has) start = at;
            else count++;
        }

        if (count > 0) parts.Add((records[start..], count));
        return parts;
    }

    private void ParkOffered()
    {
        var part = _offered.Dequeue();
        _partsSent++;
        ParkRecords(part.Records, part.Count, part.Done);
    }

    private void HoldCommitsBehindOffers() => _commitsBehindPart = _partsOffered;

    private void NotePeerObjects(List<ObjectAddress> addresses)
    {
        if (!PeerTakesUnasked) return;
        if (_peerObjects.Count + addresses.Count > SessionLimits.MaxPeerObjects) _peerObjects.Clear();
        _peerObjects.UnionWith(addresses);
    }
}
