using SyncModule.Core.Protocol;

namespace SyncModule.Core.Tests.Protocol;

/// <summary>One end: a session, its replica, its bytes under way, and what it did.</summary>
internal sealed class SessionEnd(FakeReplica replica, SessionRole role, SessionOptions options)
{
    private readonly FrameReader _reader = new();
    private readonly Queue<SessionEvent> _answers = new();

    public FakeReplica Replica => replica;

    public SyncSession Session { get; } = new(replica, role, options);

    public Queue<byte[]> Outgoing { get; } = new();

    public List<SessionEffect> Effects { get; } = [];

    public List<FrameType> Sent { get; } = [];

    public long BytesSent { get; private set; }

    public long MostPending { get; private set; }

    public Close? Closed => Effects.OfType<Close>().SingleOrDefault();

    public IEnumerable<SessionSignal> Signals => Effects.OfType<Announce>().Select(a => a.Signal);

    public SessionProgress Progress => Effects.OfType<Report>().LastOrDefault()?.Progress ?? new(0, 0, 0, 0, 0, 0, 0);

    public bool HasAnswers => _answers.Count > 0;

    public void Handle(SessionEvent e)
    {
        foreach (var effect in Session.Handle(e))
        {
            Effects.Add(effect);
            switch (effect)
            {
                case Send send:
                    byte[] sent = [.. send.Frames.Span, .. send.Body.Span];
                    send.Done?.Invoke();
                    Outgoing.Enqueue(sent);
                    BytesSent += sent.Length;
                    ReadOnlySpan<byte> bytes = sent;
                    var reader = new FrameReader();
                    while (reader.TryRead(ref bytes, out var frame)) Sent.Add(frame.Type);
                    Assert.False(reader.InFrame, "a Send holds whole frames");
                    break;
                case StoreCommits store:
                    var (stored, duplicates, rejected) = Replica.Store(store.Bundles);
                    _answers.Enqueue(new CommitsStored(0, stored, duplicates, rejected));
                    break;
                case StoreObjects store:
                    var (good, bad) = Replica.StoreObjects(store.Records.Span);
                    Assert.Equal(store.Count, good.Count + bad.Count);
                    _answers.Enqueue(new ObjectsStored(0, good, bad));
                    break;
            }
        }

        MostPending = Math.Max(MostPending, Session.PendingStoreBytes);
    }

    public void Answer() => Handle(_answers.Dequeue());

    public void Receive(ReadOnlySpan<byte> bytes)
    {
        while (_reader.TryRead(ref bytes, out var frame)) Handle(new FrameReceived(0, frame.Type, frame.Body));
        if (_reader.Failure is { } failure) Handle(new FramingFailed(0, failure.Kind, failure.Detail));
    }
}

/// <summary>Two sessions and a pipe that cuts bytes anywhere, answers stores late, and may be cut after a number of bytes.</summary>
internal sealed class SessionPair
{
    private readonly Random _random;

    public SessionPair(FakeReplica a, FakeReplica b, int seed = 1, SessionOptions? optionsA = null, SessionOptions? optionsB = null, bool early = true, EpochId? epoch = null)
    {
        _random = new(seed);
        A = new(a, SessionRole.Initiator, optionsA ?? Options(1));
        B = new(b, SessionRole.Responder, optionsB ?? Options(2));
        var used = epoch ?? a.CurrentEpoch ?? default;
        var bytes = early ? A.Session.InitiatorEarly(b.Device, used) : default;
        EarlyBytes = bytes.Length;
        A.Handle(new SessionStarted(0, b.Device, used, bytes));
        B.Handle(new SessionStarted(0, a.Device, used, bytes));
    }

    public SessionEnd A { get; }

    public SessionEnd B { get; }

    public int EarlyBytes { get; }

    public long Delivered { get; private set; }

    public static SessionOptions Options(int id) => new() { SessionId = FakeReplica.Bytes32("session", id) };

    /// <summary>Runs until nothing moves, or the pipe was cut.</summary>
    public SessionPair Run(long cutAfter = long.MaxValue)
    {
        for (bool moved = true; moved;)
        {
            moved = false;
            foreach (var (from, to) in _random.Next(2) == 0 ? new[] { (A, B), (B, A) } : [(B, A), (A, B)])
            {
                moved |= Deliver(from, to, cutAfter);
                if (Delivered >= cutAfter)
                {
                    A.Handle(new TransportClosed(0));
                    B.Handle(new TransportClosed(0));
                    return this;
                }

                if (to.HasAnswers && (_random.Next(3) == 0 || (A.Outgoing.Count == 0 && B.Outgoing.Count == 0)))
                {
                    to.Answer();
                    moved = true;
                }

                if (from.Session.HasBulk && from.Outgoing.Count == 0)
                {
                    from.Handle(new Writable(0));
                    moved = true;
                }
            }

            moved |= A.HasAnswers || B.HasAnswers;
        }

        return this;
    }

    private bool Deliver(SessionEnd from, SessionEnd to, long cutAfter)
    {
        if (!from.Outgoing.TryPeek(out var chunk))
        {
            if (from.Closed is null || to.Closed is not null) return false;
            to.Handle(new TransportClosed(0));
            return true;
        }

        from.Outgoing.Dequeue();
        ReadOnlySpan<byte> rest = chunk;
        while (rest.Length > 0)
        {
            int take = (int)Math.Min(Math.Min(rest.Length, 1 + _random.Next(_random.Next(2) == 0 ? 9 : 70_001)), cutAfter - Delivered);
            Delivered += take;
            to.Receive(rest[..take]);
            rest = rest[take..];
            if (Delivered >= cutAfter) return true;
        }

        return true;
    }
}
