using SyncModule.Core.Model;

namespace SyncModule.Engine.Storage;

/// <summary>
/// What this process knows of the zeros behind the last group of a segment. Once they were seen, or written, the end of the log is told
/// from the 24 bytes in which the next group's header would stand: whoever appends writes a group in one piece, from its header on, so
/// while the process lives nothing can appear further on with the header still zero. After a power cut a later part of a group may be
/// there without its header; then every process is a new one, and looks through all of it once. Safe for many threads.
/// </summary>
internal sealed class ZeroRoom
{
    private readonly Lock _gate = new();
    private int _segment;
    private Id16 _id;
    private long _from, _to;

    /// <summary>Bytes from <paramref name="from"/> up to <paramref name="to"/> were all zero at one moment.</summary>
    public void Note(int segment, Id16 id, long from, long to)
    {
        lock (_gate)
        {
            bool joins = segment == _segment && id == _id && from >= _from && from <= _to;
            if (!joins) (_segment, _id, _from, _to) = (segment, id, from, to);
            else _to = Math.Max(_to, to);
        }
    }

    /// <summary>The end of the zeros that are known to stand at <paramref name="from"/>; <paramref name="from"/> itself when nothing is known.</summary>
    public long End(int segment, Id16 id, long from)
    {
        lock (_gate) return segment == _segment && id == _id && from >= _from && from <= _to ? _to : from;
    }
}
