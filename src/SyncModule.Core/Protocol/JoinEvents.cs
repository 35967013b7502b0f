namespace SyncModule.Core.Protocol;

/// <summary>Joiner: begin. The invite session's handshake is over.</summary>
public sealed record JoinStarted(long NowMs) : SessionEvent(NowMs);

/// <summary>Inviter: the answer to <see cref="AddMember"/>, once the add is durable; never before (format-1 §14).</summary>
public sealed record MemberAdded(long NowMs, GrantMessage Grant) : SessionEvent(NowMs);

/// <summary>Inviter: the answer to <see cref="AddMember"/> when it may not be: InviteExpired, InviteUsed, or a trouble of its own.</summary>
public sealed record MemberRefused(long NowMs, SyncErrorKind Kind, string Detail) : SessionEvent(NowMs);

/// <summary>Joiner: what came in <see cref="Granted"/> was checked and is durable.</summary>
public sealed record GrantStored(long NowMs) : SessionEvent(NowMs);

/// <summary>Joiner: what came in <see cref="Granted"/> does not fit the invite, or could not be stored.</summary>
public sealed record GrantRefused(long NowMs, SyncErrorKind Kind, string Detail) : SessionEvent(NowMs);

/// <summary>Inviter: check the certificate against the keys of the handshake and add the device, durably.</summary>
public sealed record AddMember(byte[] Certificate, string Name) : SessionEffect;

/// <summary>Joiner: parsed and bounded, not believed yet: H(genesis record) = vaultId, every epoch id and every signature are to be checked.</summary>
public sealed record Granted(GrantMessage Grant) : SessionEffect;
