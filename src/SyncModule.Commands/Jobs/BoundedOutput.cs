using System.Management.Automation;

namespace SyncModule.Commands.Jobs;

/// <summary>
/// A job's output that nobody may ever read: the newest records are kept, older ones are thrown away and counted in one Dropped record
/// at the front. Nothing is lost by that: the merge records stand in the vault.
/// </summary>
internal sealed class BoundedOutput(PSDataCollection<PSObject> output, string vault, string peer)
{
    public const int MostRecords = 10_000;

    private readonly Lock _gate = new();
    private long _count;
    private long _dropped;
    private PSObject? _note;

    /// <summary>Records ever added.</summary>
    public long Count => Interlocked.Read(ref _count);

    public void Add(SyncEvent record)
    {
        lock (_gate)
        {
            Interlocked.Increment(ref _count);
            if (!output.IsOpen) return;
            if (output.Count >= MostRecords) Drop();
            output.Add(PSObject.AsPSObject(record));
        }
    }

    // A reader may take records at any moment, the note among them; what it took was told.
    private void Drop()
    {
        if (_note is null || !ReferenceEquals(First(), _note)) _dropped = 0;
        else output.RemoveAt(0);
        while (output.Count >= MostRecords - 1)
        {
            output.RemoveAt(0);
            _dropped++;
        }

        _note = PSObject.AsPSObject(new SyncEvent { Kind = SyncEventKind.Dropped, Vault = vault, Peer = peer, At = DateTimeOffset.Now, Count = _dropped, Message = $"{_dropped} older records were thrown away; Get-SyncMerge shows all merges" });
        output.Insert(0, _note);
    }

    private PSObject? First() => output.Count > 0 ? output[0] : null;
}
