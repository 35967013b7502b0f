namespace SyncModule.Core.Protocol;

/// <summary>What moved in one session.</summary>
internal sealed class SessionCounters
{
    public long CommitsSent { get; set; }

    public long CommitsReceived { get; set; }

    public long ObjectsSent { get; set; }

    public long ObjectsReceived { get; set; }

    public long BytesSent { get; set; }

    public long BytesReceived { get; set; }

    public bool Moved => CommitsSent + CommitsReceived + ObjectsSent + ObjectsReceived > 0;

    public SessionProgress Snapshot(long wanted) => new(CommitsSent, CommitsReceived, ObjectsSent, ObjectsReceived, BytesSent, BytesReceived, wanted);

    public CompleteMessage Complete(CompleteReason reason) => new(reason, (ulong)CommitsSent, (ulong)ObjectsSent, (ulong)BytesSent);
}
