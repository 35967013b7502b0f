using SyncModule.Core.Model;

namespace SyncModule.Core.Protocol;

/// <summary>What a session wants done. Effects are carried out in the order in which they are returned.</summary>
public abstract record SessionEffect;

/// <summary>
/// Whole frames to send as they are. Bulk ones (COMMITS, DATA) may wait in the transport's queue; the others are small.
/// <paramref name="Body"/>, where there is one, goes right behind <paramref name="Frames"/>: the body of the DATA frame whose head that is, in
/// memory that is lent. <paramref name="Done"/> is to be called once, from any thread, when it is not needed any more, sent or not.
/// </summary>
public sealed record Send(ReadOnlyMemory<byte> Frames, bool Bulk, ReadOnlyMemory<byte> Body = default, Action? Done = null) : SessionEffect
{
    public int Length => Frames.Length + Body.Length;
}

/// <summary>Commits to check and make durable; one batch is at most 4 MiB or one commit. Answered by one <see cref="CommitsStored"/>.</summary>
public sealed record StoreCommits(Lane Lane, IReadOnlyList<CommitBundle> Bundles, long Bytes) : SessionEffect;

/// <summary>
/// <paramref name="Count"/> whole pack records back to back, to check against their addresses and to make durable. It is the body of the
/// DATA frame that was handed in, not a copy: the frame's buffer may be released after the write. Answered by an <see cref="ObjectsStored"/>,
/// which an <see cref="ObjectsTaken"/> may precede. <paramref name="Last"/>: the last that was asked for is in it, so the session waits for the
/// answer; without it more may follow at once, and several may be made durable together.
/// </summary>
public sealed record StoreObjects(ReadOnlyMemory<byte> Records, int Count, bool Last) : SessionEffect;

/// <summary>Numbers for a progress display; sent when they have moved.</summary>
public sealed record Report(SessionProgress Progress) : SessionEffect;

/// <summary>The peer holds this durably. <paramref name="AppliedHash"/> is <see cref="VectorHash"/> of its applied vector.</summary>
public sealed record PeerAcknowledged(VersionVector Held, Id32 AppliedHash, bool Full) : SessionEffect;

/// <summary>The peer hands on what devices, itself among them, have signed of themselves (format-1 §8). Nothing of it is checked yet.</summary>
public sealed record AcknowledgementsCame(IReadOnlyList<byte[]> Signed) : SessionEffect;

/// <summary>The peer was given these; when the session ends well it has them.</summary>
public sealed record AcknowledgementsGiven(IReadOnlyList<byte[]> Signed) : SessionEffect;

/// <summary>A PING is among what was handed out to send. The owner measures: a session knows no finer time than its ticks.</summary>
public sealed record PingSent : SessionEffect;

/// <summary>The last PING was answered.</summary>
public sealed record PingAnswered : SessionEffect;

/// <summary>Send what was handed out before, then close the transport. No kind: an orderly end. It is always the last effect of a session.</summary>
public sealed record Close(SyncErrorKind? Kind, string Detail) : SessionEffect;

/// <summary>
/// The session's epoch is not the current one: both ends come to this. A <see cref="Close"/> without a kind follows; the initiator then
/// connects and shakes hands with the current epoch, in a new session.
/// </summary>
public sealed record Rehandshake : SessionEffect;

/// <summary>Something that the owner of the session may want to tell or to count.</summary>
public sealed record Announce(SessionSignal Signal) : SessionEffect;

/// <summary>
/// What `verify` found in the addresses that begin with one byte (only ranges that differ): here and not at the peer, at the peer and
/// not here. One range may come in several parts.
/// </summary>
public sealed record RangeCompared(byte First, IReadOnlyList<ObjectAddress> OnlyHere, IReadOnlyList<ObjectAddress> OnlyThere) : SessionEffect;

/// <summary>See <see cref="Announce"/>.</summary>
public enum SessionSignal
{
    /// <summary>Membership heads are equal, both ends are members, the epoch is current.</summary>
    PhaseMDone,

    /// <summary>The peer knows the session that was cut and takes it up again.</summary>
    ResumeAccepted,

    /// <summary>A session has to be equal, full and idle to earn this: vectors, heads, objects on both sides, and nothing moved.</summary>
    UpToDate,

    /// <summary>Everything that was to move did.</summary>
    Synced,

    /// <summary>Complete as far as this peer goes, but referenced objects are missing here or there, or something was refused.</summary>
    Partial,

    /// <summary>Equal vectors and heads, unequal digests (format-1 §16).</summary>
    Diverged,
}

/// <summary>Counts since the session began. Wanted: objects that were asked for and did not arrive yet.</summary>
public sealed record SessionProgress(long CommitsSent, long CommitsReceived, long ObjectsSent, long ObjectsReceived, long BytesSent, long BytesReceived, long ObjectsWanted);
