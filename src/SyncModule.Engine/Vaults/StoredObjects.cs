using SyncModule.Core.Protocol;
using SyncModule.Engine.Buffers;
using ObjectRecord = SyncModule.Engine.Storage.ObjectRecord;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// What a peer asked for, read from packs and log in the order in which it stands there: neighbours with one read, straight into the
/// memory from which it is sent. A record's head is compared with what the index says; its body is not hashed here, because the receiver
/// does that anyway and asks nobody for what it refused (docs/decisions/019). One thread at a time.
/// </summary>
internal sealed class StoredObjects(Vault vault, IReadOnlyList<ObjectAddress> addresses) : IObjectSource
{
    /// <summary>Frames under way: being read, queued, being sent.</summary>
    private const int MostFrames = 5;

    private const int FrameSize = SessionLimits.ObjectsFrame;

    private readonly BlockPool _frames = new(FrameSize, MostFrames);
    private List<(ObjectAddress Address, ObjectLocation Location)>? _left;
    private int _next;

    public ObjectBatch Next()
    {
        var missing = new List<ObjectAddress>();
        _left ??= Locate(missing);
        if (_next == _left.Count) return new(default, 0, missing, Last: true, null);
        if (RecordLength(_left[_next].Location) > FrameSize) return Alone(missing);

        var block = _frames.Rent();
        int used = 0, count = 0;
        try
        {
            while (_next < _left.Count && used + RecordLength(_left[_next].Location) <= FrameSize)
            {
                var run = Run(FrameSize - used);
                used += Read(run, block.GetSpan()[used..], missing, ref count);
                _next += run.Count;
            }
        }
        catch
        {
            block.Release();
            throw;
        }

        return new(block.Memory[..used], count, missing, _next == _left.Count, block.Release);
    }

    public void Dispose() => _frames.Dispose();

    private static int RecordLength(ObjectLocation location) => ObjectRecord.HeaderLength + location.Length;

    private List<(ObjectAddress Address, ObjectLocation Location)> Locate(List<ObjectAddress> missing)
    {
        var locations = vault.Locate(addresses);
        var found = new List<(ObjectAddress Address, ObjectLocation Location)>(addresses.Count);
        for (int i = 0; i < locations.Count; i++)
        {
            if (locations[i] is { } location) found.Add((addresses[i], location));
            else missing.Add(addresses[i]);
        }

        found.Sort((a, b) =>
        {
            int pack = a.Location.Pack.CompareTo(b.Location.Pack);
            if (pack == 0) pack = a.Location.Segment.CompareTo(b.Location.Segment);
            return pack != 0 ? pack : a.Location.Offset.CompareTo(b.Location.Offset);
        });
        return found;
    }

    // From the next one on, those that stand behind each other in one pack and fit.
    private List<(ObjectAddress Address, ObjectLocation Location)> Run(int room)
    {
        int end = _next + 1;
        int length = RecordLength(_left![_next].Location);
        while (end < _left.Count && !_left[end].Location.Pack.IsZero && Follows(_left[end - 1].Location, _left[end].Location) && length + RecordLength(_left[end].Location) <= room)
        {
            length += RecordLength(_left[end].Location);
            end++;
        }

        return _left.GetRange(_next, end - _next);
    }

    private static bool Follows(ObjectLocation first, ObjectLocation second) => first.Pack == second.Pack && second.Offset == first.Offset + first.Length + ObjectRecord.HeaderLength;

    // The bytes that were read; nothing of a run that is not what the index says, but then one by one.
    private int Read(List<(ObjectAddress Address, ObjectLocation Location)> run, Span<byte> destination, List<ObjectAddress> missing, ref int count)
    {
        int length = run.Sum(one => RecordLength(one.Location));
        if (vault.TryReadRecords(run, destination[..length]))
        {
            count += run.Count;
            return length;
        }

        if (run.Count == 1)
        {
            missing.Add(run[0].Address);
            return 0;
        }

        int used = 0;
        foreach (var one in run) used += Read([one], destination[used..], missing, ref count);
        return used;
    }

    // Up to 16 MiB, so in memory of its own.
    private ObjectBatch Alone(List<ObjectAddress> missing)
    {
        var one = _left![_next++];
        var record = new byte[RecordLength(one.Location)];
        int count = 0, used = Read([one], record, missing, ref count);
        return new(record.AsMemory(0, used), count, missing, _next == _left.Count, null);
    }
}
