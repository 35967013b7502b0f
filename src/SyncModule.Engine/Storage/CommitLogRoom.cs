namespace SyncModule.Engine.Storage;

/// <summary>Room ahead of the end of the segment that is appended to.</summary>
public sealed partial class CommitLog
{
    private const long SmallestRoom = 64 << 10;
    private static readonly byte[] Zeros = new byte[1 << 20];

    private long _reserved; // of the active segment: zeros or reserved room up to here

    /// <summary>
    /// Room for a group and some more, doubling while the segment is small. For small groups the room is written with zeros, because
    /// a sync that changes nothing but bytes is nearly twice as fast; large ones would only be written twice.
    /// </summary>
    private void Reserve(IDiskFile file, long offset, int size)
    {
        long end = offset + size;
        if (end > _reserved) _reserved = file.Length; // what stands there behind the last group is zeros: a torn tail was cut
        if (end <= _reserved) return;
        long most = Math.Max(_options.SegmentLimit, end);
        long zeros = Math.Min(_options.ZeroAhead, Math.Max(offset, SmallestRoom));
        if (size <= zeros / 4 && TryZero(file, end, Math.Min(end + zeros, most))) return;
        long ahead = Math.Min(end + Math.Min(_options.PreallocateAhead, offset), most);
        file.Preallocate(ahead);
        _reserved = ahead;
    }

    // False when the disk is too full for zeros: the group itself may still fit.
    private bool TryZero(IDiskFile file, long from, long to)
    {
        try
        {
            for (long at = from; at < to; at += Zeros.Length) file.Write(at, Zeros.AsSpan(0, (int)Math.Min(Zeros.Length, to - at)));
        }
        catch (DiskException e) when (e.Failure is DiskFailure.Full)
        {
            return false;
        }

        _room.Note(_tail!.Segment, _tail.Mark.SegmentId, from, to);
        _reserved = to;
        return true;
    }
}
