using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Nodes;

/// <summary>
/// A member session that is under way: its state machine, its store, its journal, and what local.db learns of the peer. Whoever drives it
/// passes every effect to <see cref="Observe"/>, calls <see cref="End"/> with the outcome, and disposes it, however the session ended.
/// </summary>
internal sealed class OpenMemberSession : IDisposable
{
    private readonly Vault _vault;
    private readonly Id32? _own;
    private readonly DeviceId _remote;
    private readonly MemberSessionOptions _options;
    private readonly VaultSessionStore _store;
    private readonly LineMeter _line;
    private volatile SessionJournal? _journal;
    private readonly AcknowledgementWriter _acknowledged;
    private readonly List<byte[]> _given = [];

    /// <param name="vault">This device's vault.</param>
    /// <param name="session">Not started.</param>
    /// <param name="watcher">Tells of other processes' commits; null where nobody follows them.</param>
    /// <param name="own">The initiator's session id; null for the responder, which learns it from HELLO.</param>
    /// <param name="remote">The peer.</param>
    /// <param name="options">Their observer sees what <see cref="Observe"/> sees.</param>
    public OpenMemberSession(Vault vault, SyncSession session, VaultWatcher? watcher, Id32? own, DeviceId remote, MemberSessionOptions options)
    {
        (_vault, Session, _own, _remote, _options) = (vault, session, own, remote, options);
        _store = new VaultSessionStore(vault, watcher, () => _journal);
        _line = new LineMeter(vault.Time);
        _acknowledged = new AcknowledgementWriter(vault, remote);
    }

    public SyncSession Session { get; }

    public ISessionStore Store => _store;

    // Both ends keep the journal under the initiator's session id: it is what a later HELLO asks to take up again.
    public void Observe(SessionEffect effect)
    {
        if (effect is Announce { Signal: SessionSignal.PhaseMDone }) _journal ??= SessionJournal.Start(_vault, _own ?? Session.PeerSessionId!.Value, _remote);
        if (effect is PeerAcknowledged acknowledged)
        {
            _acknowledged.Take(acknowledged.Held);
            _journal?.Acknowledged(acknowledged.AppliedHash);
        }

        if (effect is AcknowledgementsCame came) Take(came.Signed);
        if (effect is AcknowledgementsGiven given) _given.AddRange(given.Signed);
        _line.Observe(effect);
        _options.Observer?.Invoke(effect);
    }

    /// <summary>After a complete session nothing is left to resume, and the vector on which both agree is the base of the next comparison.</summary>
    public void End(SessionOutcome outcome)
    {
        if (outcome.Result is not (SessionResult.UpToDate or SessionResult.Synced)) return;
        _journal?.Complete();
        _vault.NoteTold(_remote, _given);
        foreach (var cut in SessionJournal.Open(_vault).Where(s => s.Peer == _remote)) SessionJournal.Delete(_vault, cut.Session);
        if (Session.PeerHeld is not { } held || !held.SameAs(_vault.HeldVector(Lane.Data))) return;
        var writer = new CborWriter();
        held.Write(writer);
        using var transaction = _vault.Local.Begin(write: true);
        transaction.Put(LocalTables.Session, _remote.ToArray(), writer.Written);
        transaction.Commit();
    }

    private void Take(IReadOnlyList<byte[]> signed)
    {
        try
        {
            _vault.TakeAcknowledgements(signed);
        }
        catch (SyncException)
        {
            // A folder that cannot be written to: what failed is told by who needs it. These come again.
        }
    }

    public void Dispose()
    {
        _store.Dispose();
        _journal?.Dispose();
        _acknowledged.Dispose();
        if (_line.Began && _options.Transport is { } transport) new PeerLine(transport, _line.Shortest, _vault.Time.GetUtcNow()).Remember(_vault, _remote);
    }
}
