using SyncModule.Core.Model;

namespace SyncModule.Core.Protocol;

/// <summary>How one session runs; fixed when it is made.</summary>
public sealed record SessionOptions
{
    /// <summary>Random 32 bytes; a name in journals, never a credential (format-1 §13).</summary>
    public required Id32 SessionId { get; init; }

    /// <summary>The session id of a cut session of ours, to take up again.</summary>
    public Id32? ResumeId { get; init; }

    /// <summary>Responder: session ids that may be taken up again (≤ 7 days old, same vault and device).</summary>
    public IReadOnlySet<Id32> Resumable { get; init; } = new HashSet<Id32>();

    /// <summary>Send what the peer lacks.</summary>
    public bool Push { get; init; } = true;

    /// <summary>Take what is missing here.</summary>
    public bool Pull { get; init; } = true;

    /// <summary>Stay open and push changes. Both ends have to want it; a server normally does.</summary>
    public bool Follow { get; init; }

    /// <summary>Initiator: compare the object sets before the end and hand out <see cref="RangeCompared"/>.</summary>
    public bool Verify { get; init; }

    /// <summary>The held data vector on which both ends agreed in their last complete session; makes the first VECTOR short.</summary>
    public VersionVector? LastAgreed { get; init; }

    /// <summary>The remote device was removed in the fold here: an initiator then says nothing at all (format-1 §13).</summary>
    public bool RemoteRemoved { get; init; }

    /// <summary>Versions that this end speaks.</summary>
    public ulong MinVersion { get; init; } = SessionLimits.Version;

    public ulong MaxVersion { get; init; } = SessionLimits.Version;

    /// <summary>What this end announces in HELLO.</summary>
    public IReadOnlyList<Capability> Capabilities { get; init; } = [];
}
