using SyncModule.Core.Protocol;
using SyncModule.Engine.Vaults;
using SyncModule.Simulation.Checking;
using SyncModule.Simulation.Machines;

namespace SyncModule.Simulation.Network;

/// <summary>One end of a connection: the product's session over the product's vault, driven by the scheduler alone.</summary>
internal sealed class SessionEnd
{
    private const int TickEvery = 5_000;

    private readonly World _world;
    private readonly Link _link;
    private readonly SyncSession _session;
    private readonly FrameReader _reader = new();
    private ObjectReceiver? _receiver;
    private bool _started;
    private bool _peerClosed;
    private long _lastAnswer;
    private Engine.Storage.LogMark _seen;

    public SessionEnd(World world, Link link, SimulatedProcess process, SessionRole role, SessionOptions options)
    {
        (_world, _link, Process) = (world, link, process);
        _session = new SyncSession(new SessionReplica(process.Vault), role, options);
    }

    public SimulatedProcess Process { get; }

    /// <summary>When the last chunk from here arrives.</summary>
    public long LastArrival { get; set; }

    public bool Ended { get; private set; }

    /// <summary>What the session said of its outcome.</summary>
    public SessionSignal? Outcome { get; private set; }

    public SyncErrorKind? Error { get; private set; }

    public bool IsReady => !Ended && _session.State == SessionState.Ready;

    public ReadOnlyMemory<byte> MakeEarly(DeviceId remote)
    {
        ReadOnlyMemory<byte> early = default;
        _world.Guard(Process, () => early = _session.InitiatorEarly(remote, _world.Epoch));
        return early;
    }

    public void Start(DeviceId remote, ReadOnlyMemory<byte> early)
    {
        if (Ended || Process.IsDead)
        {
            Vanish();
            return;
        }

        Handle(new SessionStarted(_world.Scheduler.Now, remote, _world.Epoch, early));
        _started = true;
        _world.Scheduler.After(TickEvery, Tick);
    }

    public void Receive(ReadOnlyMemory<byte> chunk)
    {
        if (Ended || Gone()) return;
        var bytes = chunk.Span;
        while (!Ended && _reader.TryRead(ref bytes, out var frame)) Handle(new FrameReceived(_world.Scheduler.Now, frame.Type, frame.Body));
        if (!Ended && _reader.Failure is { } failure) Handle(new FramingFailed(_world.Scheduler.Now, failure.Kind, failure.Detail));
    }

    public void TransportClosed()
    {
        if (Ended || Gone()) return;
        _peerClosed = true;
        if (!_started) Vanish();
        else Handle(new TransportClosed(_world.Scheduler.Now));
    }

    /// <summary>Something new is here that this session did not bring.</summary>
    public void LocalChange()
    {
        if (Ended || !_started || Gone()) return;
        Handle(new LocalChange(_world.Scheduler.Now));
    }

    private void Tick()
    {
        if (Ended || Gone()) return;
        // Another process of this machine may have written.
        _world.Guard(Process, () =>
        {
            Process.Vault.UpdateIndex();
            var end = Process.Vault.HasNews();
            if (end == _seen) return;
            _seen = end;
            LocalChange();
        });
        if (Ended || Gone()) return;
        Handle(new Tick(_world.Scheduler.Now));
        _world.Scheduler.After(TickEvery, Tick);
    }

    private void Handle(SessionEvent e)
    {
        bool done = _world.Guard(Process, () =>
        {
            foreach (var effect in _session.Handle(e)) Do(effect);
            while (!Ended && _session.HasBulk)
            {
                foreach (var effect in _session.Handle(new Writable(_world.Scheduler.Now))) Do(effect);
            }
        });
        if (!done && !Ended) Vanish();
    }

    private void Do(SessionEffect effect)
    {
        switch (effect)
        {
            case Send send:
                byte[] frames = [.. send.Frames.Span, .. send.Body.Span];
                send.Done?.Invoke();
                DurabilityCheck.SentIsOnDisk(Process, frames, _world.History);
                if (!_peerClosed) _link.Carry(this, frames);
                break;
            case StoreCommits store:
                _world.Remember(store.Bundles);
                Later(() => StoreCommits(store.Bundles));
                break;
            case StoreObjects store:
                Later(() => StoreObjects(store.Records));
                break;
            case Announce { Signal: SessionSignal.Diverged }:
                throw new Violation("I5 diverged", $"{Process.Machine.Name} and its peer hold the same operations and computed different states");
            case Announce announce:
                if (announce.Signal is SessionSignal.Synced or SessionSignal.UpToDate or SessionSignal.Partial) Outcome = announce.Signal;
                break;
            case Close close:
                OnClose(close);
                break;
        }
    }

    private void OnClose(Close close)
    {
        _world.Scheduler.Trace($"link {_link.Number}: {Process.Machine.Name} ends {close.Kind?.Id ?? "well"} {Outcome}");
        Error = close.Kind;
        if (close.Kind == SyncErrors.ProtocolViolation || close.Kind == SyncErrors.InternalError || close.Kind == SyncErrors.MessageTooLarge || close.Kind == SyncErrors.StateDiverged)
        {
            throw new Violation("session", $"{Process.Machine.Name} ended with {close.Kind.Id}: {close.Detail}");
        }

        Ended = true;
        _link.CloseBehind(this);
        var receiver = _receiver;
        _receiver = null;
        if (receiver is null) return;
        _world.Guard(Process, () => AsDriver(() =>
        {
            receiver.Dispose();
            return 0;
        }));
    }

    private void StoreCommits(IReadOnlyList<CommitBundle> bundles)
    {
        if (Ended || Gone()) return;
        CommitsStored? answer = null;
        bool done = _world.Guard(Process, () => answer = _world.Store(Process, bundles), e => answer = new CommitsStored(_world.Scheduler.Now, 0, 0, 0, e.Kind, e.Detail));
        if (done || answer is not null) Handle(answer!);
        else Vanish();
    }

    private void StoreObjects(ReadOnlyMemory<byte> records)
    {
        if (Ended || Gone()) return;
        ObjectsStored? answer = null;
        bool done = _world.Guard(Process, () =>
        {
            _receiver ??= Process.Vault.NewObjectReceiver();
            var result = AsDriver(() => _receiver.Store(records, flush: true));
            answer = new ObjectsStored(_world.Scheduler.Now, result.Stored, result.Rejected);
        }, e => answer = new ObjectsStored(_world.Scheduler.Now, [], [], e.Kind, e.Detail));
        if (done || answer is not null) Handle(answer!);
        else Vanish();
    }

    // The product's driver names a receiver's disk trouble in this way too.
    private static T AsDriver<T>(Func<T> store)
    {
        try
        {
            return store();
        }
        catch (Engine.Storage.DiskException e)
        {
            throw e.ToSyncException();
        }
    }

    // Storing takes its time; answers keep their order.
    private void Later(Action action)
    {
        _lastAnswer = Math.Max(_lastAnswer, _world.Scheduler.Now + _world.Random.Next(_world.Random.OneIn(10) ? 3_000 : 20));
        _world.Scheduler.After(_lastAnswer - _world.Scheduler.Now, action);
    }

    private bool Gone()
    {
        if (!Process.IsDead) return false;
        Vanish();
        return true;
    }

    // The process died: its side of the connection is simply gone.
    private void Vanish()
    {
        if (Ended) return;
        Ended = true;
        _link.Cut();
    }
}
