using SyncModule.Core.Protocol;

namespace SyncModule.Engine.Nodes;

/// <summary>
/// A session without threads for the simulation: plaintext bytes in, plaintext bytes out, stores done on the spot or when <see cref="Store"/>
/// is called. It runs the same <see cref="SessionDriver"/> and <see cref="StoreLots"/> as <see cref="SessionRunner"/>, so what the simulation
/// proves holds for the code that ships.
/// </summary>
internal sealed class SessionStepper
{
    private const int OutputLimit = 1 << 20;

    private readonly SessionDriver _driver;
    private readonly Output _output;
    private readonly FrameReader _frames = new();
    private readonly Queue<Func<long, SessionEvent>> _answers = new();
    private readonly StoreLots? _lots;

    /// <param name="session">Not started.</param>
    /// <param name="store">Where things go.</param>
    /// <param name="observer">See <see cref="SessionDriver.Observer"/>.</param>
    /// <param name="storesLater">Jobs wait for <see cref="Store"/> and are synced in lots; else each is stored before the next frame is looked at.</param>
    public SessionStepper(SyncSession session, ISessionStore store, Action<SessionEffect>? observer = null, bool storesLater = false)
    {
        _output = new Output(storesLater ? null : store, _answers);
        _driver = new SessionDriver(session, _output) { Observer = observer };
        if (storesLater) _lots = new StoreLots(store, _answers.Enqueue, defect: null);
    }

    /// <summary>Sees whole frames at the moment at which the session puts them out; they may wait long for <see cref="TakeOutput"/>.</summary>
    public Action<ReadOnlyMemory<byte>>? Sending
    {
        init => _output.Sending = value;
    }

    /// <summary>True after the last byte was put out.</summary>
    public bool Ended => _driver.Ended;

    public SessionState State => _driver.State;

    /// <summary>Bytes that wait in <see cref="TakeOutput"/>.</summary>
    public int OutputBytes => _output.Length;

    /// <summary>True while something waits for <see cref="Store"/>.</summary>
    public bool HasStores => _output.Jobs.Count > 0;

    public void Start(long now, DeviceId remote, EpochId epoch, ReadOnlyMemory<byte> early) => Feed(now, new SessionStarted(now, remote, epoch, early));

    /// <summary>Takes bytes as they come, in pieces of any size.</summary>
    public void Receive(long now, ReadOnlySpan<byte> bytes)
    {
        while (!Ended && _frames.TryRead(ref bytes, out var frame))
        {
            _driver.Handle(now, frame, null);
            Answer(now);
        }

        if (!Ended && _frames.Failure is { } failure) Feed(now, new FramingFailed(now, failure.Kind, failure.Detail));
    }

    public void Tick(long now) => Feed(now, new Tick(now));

    /// <summary>As <see cref="SessionRunner"/> does when objects were sealed in this process.</summary>
    public void Offer(long now, ReadOnlyMemory<byte> records, Action done) => Feed(now, new ObjectsOffered(now, records, done));

    /// <summary>As <see cref="SessionRunner"/> does when this process has written commits of its own device and nothing else has changed.</summary>
    public void OwnCommits(long now) => Feed(now, new OwnCommits(now));

    public void LocalChange(long now) => Feed(now, new LocalChange(now));

    public void TransportClosed(long now) => Feed(now, new TransportClosed(now));

    /// <summary>Stores all that waits, as one lot where no commits come between; also after the end, as what arrived is kept however the session ended.</summary>
    public void Store(long now)
    {
        while (_output.Jobs.TryDequeue(out var job)) _lots!.Take(job.Effect, job.Effect is StoreObjects objects ? _lots.Check(objects) : null, job.Release);
        _lots!.Flush();
        Answer(now);
    }

    /// <summary>Whole frames that go to the peer now; taking them makes room for more.</summary>
    public byte[] TakeOutput(long now)
    {
        byte[] bytes = _output.Take();
        _driver.Pump(now);
        Answer(now);
        return bytes;
    }

    /// <param name="failure">Why the channel ended, when it was not the peer's orderly end.</param>
    public SessionOutcome Outcome(SyncException? failure = null) => _driver.Outcome(failure, cancelled: false, wireBytes: 0, roundTrips: 0);

    private void Feed(long now, SessionEvent e)
    {
        _driver.Handle(e);
        Answer(now);
    }

    private void Answer(long now)
    {
        while (_answers.TryDequeue(out var answer)) _driver.Handle(answer(now));
    }

    private sealed class Output(ISessionStore? atOnce, Queue<Func<long, SessionEvent>> answers) : ISessionOutput
    {
        private readonly MemoryStream _bytes = new();

        public Queue<(SessionEffect Effect, Action? Release)> Jobs { get; } = new();

        public Action<ReadOnlyMemory<byte>>? Sending { get; set; }

        public bool TakesBulk => _bytes.Length < OutputLimit;

        public int Length => (int)_bytes.Length;

        public void Send(Send send)
        {
            byte[] frames = [.. send.Frames.Span, .. send.Body.Span];
            send.Done?.Invoke();
            Sending?.Invoke(frames);
            _bytes.Write(frames);
        }

        public void Store(StoreCommits job)
        {
            if (atOnce is null) Jobs.Enqueue((job, null));
            else answers.Enqueue(SessionStores.Commits(atOnce, job));
        }

        public void Store(StoreObjects job, Action? release)
        {
            if (atOnce is null)
            {
                Jobs.Enqueue((job, release));
                return;
            }

            answers.Enqueue(SessionStores.Objects(atOnce, job));
            release?.Invoke();
        }

        public void Close()
        {
            // What is left in the output goes out, then the simulation ends the link: see Ended.
        }

        public byte[] Take()
        {
            byte[] bytes = _bytes.ToArray();
            _bytes.SetLength(0);
            return bytes;
        }
    }
}
