using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Transport;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Nodes;

/// <summary>What one end wants of a member session. <paramref name="Transport"/> names what it runs over, to be remembered; null = is not.</summary>
internal sealed record MemberSessionOptions(bool Push, bool Pull, bool Follow, bool Verify = false, Action<SessionEffect>? Observer = null, string? Transport = null);

/// <summary>One member session over one channel: options from what local.db remembers of the peer, the run, and what is remembered afterwards.</summary>
internal sealed class MemberSession
{
    private readonly Vault _vault;
    private readonly MemberSessionOptions _options;
    private readonly VaultWatcher? _watcher;
    private readonly SessionReplica _replica;
    private readonly Id32 _id;
    private SyncSession? _session;
    private DeviceId? _remote;
    private JournalledSession? _resumed;
    private volatile SessionJournal? _journal;
    private AcknowledgementWriter? _acknowledged;
    private readonly LineMeter _line;

    public MemberSession(Vault vault, MemberSessionOptions options, VaultWatcher? watcher)
    {
        _vault = vault;
        _options = options;
        _watcher = watcher;
        _replica = new SessionReplica(vault, source => new ReadAhead(source));
        _line = new LineMeter(vault.Time);
        Span<byte> id = stackalloc byte[Id32.Size];
        vault.Random.Fill(id);
        _id = new(id);
    }

    /// <summary>HELLO ‖ VECTOR for msg3, once msg2 has said who the responder is.</summary>
    public ReadOnlyMemory<byte> Early(DeviceId remote, EpochId epoch) => Session(SessionRole.Initiator, remote).InitiatorEarly(remote, epoch);

    /// <summary>Runs to the end; blocking.</summary>
    public SessionOutcome Run(SecureChannel channel, CancellationToken cancellationToken)
    {
        var remote = channel.Remote.Device;
        var session = Session(channel.IsInitiator ? SessionRole.Initiator : SessionRole.Responder, remote);
        _vault.RecoverPacks();
        try
        {
            _acknowledged = new AcknowledgementWriter(_vault, remote);
            using var store = new VaultSessionStore(_vault, _watcher, () => _journal);
            var runner = new SessionRunner(session, channel, store, new() { Observer = effect => Observe(effect, session, channel.IsInitiator, remote) });
            var outcome = runner.Run(cancellationToken);
            if (outcome.Result is SessionResult.UpToDate or SessionResult.Synced) Completed(session, remote);
            return outcome;
        }
        finally
        {
            _journal?.Dispose();
            _acknowledged?.Dispose();
            if (_line.Began && _options.Transport is { } transport) new PeerLine(transport, _line.Shortest, _vault.Time.GetUtcNow()).Remember(_vault, remote);
        }
    }

    private SyncSession Session(SessionRole role, DeviceId remote)
    {
        if (_session is not null && _remote == remote) return _session;
        var cut = SessionJournal.Open(_vault).Where(s => s.Peer == remote && s.Session != _id).ToList();
        _resumed = cut.Count > 0 ? cut[0] : null;
        _remote = remote;
        return _session = new SyncSession(_replica, role, new SessionOptions
        {
            SessionId = _id,
            ResumeId = role == SessionRole.Initiator ? _resumed?.Session : null,
            Resumable = cut.Select(s => s.Session).ToHashSet(),
            Push = _options.Push,
            Pull = _options.Pull,
            Follow = _options.Follow,
            Verify = _options.Verify,
            LastAgreed = LastAgreed(remote),
            Capabilities = [Capability.UnaskedObjects],
        });
    }

    // Both ends keep the journal under the initiator's session id: it is what a later HELLO asks to take up again.
    private void Observe(SessionEffect effect, SyncSession session, bool isInitiator, DeviceId remote)
    {
        if (effect is Announce { Signal: SessionSignal.PhaseMDone }) _journal ??= SessionJournal.Start(_vault, isInitiator ? _id : session.PeerSessionId ?? _id, remote);
        if (effect is PeerAcknowledged acknowledged)
        {
            _acknowledged?.Take(acknowledged.Held);
            _journal?.Acknowledged(acknowledged.AppliedHash);
        }

        _line.Observe(effect);
        _options.Observer?.Invoke(effect);
    }

    private void Completed(SyncSession session, DeviceId remote)
    {
        _journal?.Complete();
        foreach (var cut in SessionJournal.Open(_vault).Where(s => s.Peer == remote)) SessionJournal.Delete(_vault, cut.Session);
        if (session.PeerHeld is not { } held || !held.SameAs(_vault.HeldVector(Lane.Data))) return;
        var writer = new CborWriter();
        held.Write(writer);
        using var transaction = _vault.Local.Begin(write: true);
        transaction.Put(LocalTables.Session, remote.ToArray(), writer.Written);
        transaction.Commit();
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
