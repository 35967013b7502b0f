namespace SyncModule.Engine.Storage;

/// <summary>Replacing what the log holds by a shorter copy of it, which stands behind it in segments of its own.</summary>
public sealed partial class CommitLog
{
    /// <summary>What is appended next stands in a new segment; returns its number. The caller holds the append lock.</summary>
    internal int BeginSegment()
    {
        lock (_gate)
        {
            SyncOwn();
            Active(_tail!.Segment).SetLength(_tail.Offset);
            CreateSegment(_tail.Segment);
            MarkSynced();
            return _tail.Segment;
        }
    }

    /// <summary>
    /// Deletes the segments before one, from the first on: what is left at any moment is the end of the log, and each of its groups is there as often
    /// as before or stands in the copy. The caller holds the append lock and has synced and read the copy.
    /// </summary>
    internal void DropBefore(int segment)
    {
        lock (_gate)
        {
            foreach (int old in Segments().Where(s => s < segment))
            {
                string path = LogFormat.SegmentPath(old);
                _files.Drop(path);
                _disk.Delete(path);
                _ids.Remove(old);
            }

            _disk.SyncFolder(Folder);
            _damage.RemoveWhere(d => d.Segment < segment);
            _resume = default;
            _noted = default;
        }
    }
}
