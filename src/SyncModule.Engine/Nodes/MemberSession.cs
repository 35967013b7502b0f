using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Transport;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Nodes;

/// <summary>What one end wants of a member session. <paramref name="Transport"/> names what it runs over, to be remembered; null = is not.</summary>
internal sealed record MemberSessionOptions(bool Push, bool Pull, bool Follow, bool Verify = false, Action<SessionEffect>? Observer = null, string? Transport = null)
{
    /// <summary>Reads objects ahead on a thread of its own; the simulation has none.</summary>
    public bool ReadsAhead { get; init; } = true;
}

/// <summary>
/// One member session: options from what local.db and the journals remember of the peer, and what is remembered afterwards. Single-threaded
/// steps, <see cref="Open"/> to <see cref="OpenMemberSession.End"/>; <see cref="Run"/> is the shell that puts threads and a channel around them.
/// </summary>
internal sealed class MemberSession
{
    private readonly Vault _vault;
    private readonly MemberSessionOptions _options;
    private readonly VaultWatcher? _watcher;
    private readonly SessionReplica _replica;
    private readonly Id32 _id;
    private SyncSession? _session;
    private DeviceId? _remote;

    public MemberSession(Vault vault, MemberSessionOptions options, VaultWatcher? watcher)
    {
        _vault = vault;
        _options = options;
        _watcher = watcher;
        _replica = new SessionReplica(vault, options.ReadsAhead ? source => new ReadAhead(source) : null);
        Span<byte> id = stackalloc byte[Id32.Size];
        vault.Random.Fill(id);
        _id = new(id);
    }

    /// <summary>HELLO ‖ VECTOR for msg3, once msg2 has said who the responder is.</summary>
    public ReadOnlyMemory<byte> Early(DeviceId remote, EpochId epoch) => Session(SessionRole.Initiator, remote).InitiatorEarly(remote, epoch);

    /// <summary>The session with the device that the handshake has shown, ready to be driven.</summary>
    public OpenMemberSession Open(SessionRole role, DeviceId remote)
    {
        var session = Session(role, remote);
        _vault.RecoverPacks();
        return new(_vault, session, _watcher, role == SessionRole.Initiator ? _id : null, remote, _options);
    }

    /// <summary>Runs to the end; blocking.</summary>
    public SessionOutcome Run(SecureChannel channel, CancellationToken cancellationToken)
    {
        using var open = Open(channel.IsInitiator ? SessionRole.Initiator : SessionRole.Responder, channel.Remote.Device);
        var outcome = new SessionRunner(open.Session, channel, open.Store, new() { Observer = open.Observe }).Run(cancellationToken);
        open.End(outcome);
        return outcome;
    }

    private SyncSession Session(SessionRole role, DeviceId remote)
    {
        if (_session is not null && _remote == remote) return _session;
        var cut = SessionJournal.Open(_vault).Where(s => s.Peer == remote && s.Session != _id).ToList();
        _remote = remote;
        return _session = new SyncSession(_replica, role, new SessionOptions
        {
            SessionId = _id,
            ResumeId = role == SessionRole.Initiator && cut.Count > 0 ? cut[0].Session : null,
            Resumable = cut.Select(s => s.Session).ToHashSet(),
            Push = _options.Push,
            Pull = _options.Pull,
            Follow = _options.Follow,
            Verify = _options.Verify,
            LastAgreed = LastAgreed(remote),
            Capabilities = [Capability.UnaskedObjects, Capability.Acknowledgements],
        });
    }

    private VersionVector? LastAgreed(DeviceId remote)
    {
        using var transaction = _vault.Local.Begin(write: false);
        if (transaction.Get(LocalTables.Session, remote.ToArray()) is not { } row) return null;
        try
        {
            var reader = new CborReader(row);
            return VersionVector.Read(ref reader);
        }
        catch (VaultFormatException)
        {
            return null;
        }
    }
}
