namespace SyncModule.Core.Protocol;

/// <summary>Who opened the connection.</summary>
public enum SessionRole
{
    Initiator,
    Responder,
}

/// <summary>What happens to a session. <paramref name="NowMs"/> is a clock that never runs back; its start does not matter.</summary>
public abstract record SessionEvent(long NowMs);

/// <summary>
/// The handshake is over. <paramref name="Remote"/> is the device id of the peer's checked certificate, <paramref name="Epoch"/> the
/// epoch whose network secret made the psk. <paramref name="Early"/> holds the frames of msg3: for the initiator what
/// <see cref="SyncSession.InitiatorEarly"/> gave (empty when it gave none), for the responder what arrived.
/// </summary>
public sealed record SessionStarted(long NowMs, DeviceId Remote, EpochId Epoch, ReadOnlyMemory<byte> Early) : SessionEvent(NowMs);

/// <summary>One whole frame. Only the body of a DATA frame is used after <see cref="SyncSession.Handle"/> has returned: see <see cref="StoreObjects"/>.</summary>
public sealed record FrameReceived(long NowMs, FrameType Type, ReadOnlyMemory<byte> Body) : SessionEvent(NowMs);

/// <summary>
/// Bytes of a frame that is not whole yet: a large one on a slow line is no silence. Or this end did not run for a while, and cannot say
/// what it would have heard. A driver sends it at most once a second.
/// </summary>
public sealed record BytesArrived(long NowMs) : SessionEvent(NowMs);

/// <summary>The frame reader refused the stream: <see cref="FrameReader.Failure"/>.</summary>
public sealed record FramingFailed(long NowMs, SyncErrorKind Kind, string Detail) : SessionEvent(NowMs);

/// <summary>
/// The answer to one <see cref="StoreCommits"/>, in the order of those effects, once the commits are durable and as many as possible
/// are applied. <paramref name="Stored"/> counts new ones, <paramref name="Duplicates"/> known ones, <paramref name="Rejected"/> those
/// with bad form or signature. With an error nothing more is stored and the session ends with it.
/// </summary>
public sealed record CommitsStored(long NowMs, int Stored, int Duplicates, int Rejected, SyncErrorKind? Error = null, string Detail = "") : SessionEvent(NowMs);

/// <summary>
/// The answer to the <paramref name="Answered"/> oldest <see cref="StoreObjects"/>. Known objects count as stored; rejected ones did not match
/// their address.
/// </summary>
public sealed record ObjectsStored(long NowMs, IReadOnlyList<ObjectAddress> Stored, IReadOnlyList<ObjectAddress> Rejected, SyncErrorKind? Error = null, string Detail = "", int Answered = 1) : SessionEvent(NowMs);

/// <summary>
/// The oldest <see cref="StoreObjects"/> that was not answered so far is written, its memory is free, and it is not durable yet: the
/// peer may send as much again. <see cref="ObjectsStored"/> follows for it in any case.
/// </summary>
public sealed record ObjectsTaken(long NowMs) : SessionEvent(NowMs);

/// <summary>
/// Objects that were sealed here just now: whole pack records, in memory that is lent, and perhaps not durable yet, which does no harm
/// because no commit names them (format-1 §12). Whether they are passed on is the session's choice; <paramref name="Done"/> is called
/// once, from any thread, when the memory is not needed any more.
/// </summary>
public sealed record ObjectsOffered(long NowMs, ReadOnlyMemory<byte> Records, Action Done) : SessionEvent(NowMs);

/// <summary>The replica has something new that this session did not bring: written here, by another process, or by another session.</summary>
public sealed record LocalChange(long NowMs) : SessionEvent(NowMs);

/// <summary>This process has written commits of its own device, and nothing else has changed: see <see cref="ISessionReplica.Fresh"/>.</summary>
public sealed record OwnCommits(long NowMs) : SessionEvent(NowMs);

/// <summary>The transport can take more. The session then hands out at most about 1 MiB of bulk frames; see <see cref="SyncSession.HasBulk"/>.</summary>
public sealed record Writable(long NowMs) : SessionEvent(NowMs);

/// <summary>Time passes; once a second is enough.</summary>
public sealed record Tick(long NowMs) : SessionEvent(NowMs);

/// <summary>The transport ended, by the peer or by a fault.</summary>
public sealed record TransportClosed(long NowMs) : SessionEvent(NowMs);
