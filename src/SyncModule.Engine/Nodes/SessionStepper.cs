using SyncModule.Core.Protocol;

namespace SyncModule.Engine.Nodes;

/// <summary>
/// A session without threads for the simulation: plaintext bytes in, plaintext bytes out, stores done on the spot. It runs the same
/// <see cref="SessionDriver"/> as <see cref="SessionRunner"/>, so what the simulation proves holds for the code that ships.
/// </summary>
public sealed class SessionStepper
{
    private const int OutputLimit = 1 << 20;

    private readonly SessionDriver _driver;
    private readonly Output _output;
    private readonly FrameReader _frames = new();

    public SessionStepper(SyncSession session, ISessionStore store, Action<SessionEffect>? observer = null)
    {
        _output = new Output(store);
        _driver = new SessionDriver(session, _output) { Observer = observer };
    }

    /// <summary>True after the last byte was put out.</summary>
    public bool Ended => _driver.Ended;

    public SessionState State => _driver.State;

    /// <summary>Bytes that wait in <see cref="TakeOutput"/>.</summary>
    public int OutputBytes => _output.Length;

    public void Start(long now, DeviceId remote, EpochId epoch, ReadOnlyMemory<byte> early) => Feed(now, new SessionStarted(now, remote, epoch, early));

    /// <summary>Takes bytes as they come, in pieces of any size.</summary>
    public void Receive(long now, ReadOnlySpan<byte> bytes)
    {
        while (!Ended && _frames.TryRead(ref bytes, out var frame))
        {
            _driver.Handle(now, frame, null);
            Complete(now);
        }

        if (!Ended && _frames.Failure is { } failure) Feed(now, new FramingFailed(now, failure.Kind, failure.Detail));
    }

    public void Tick(long now) => Feed(now, new Tick(now));

    /// <summary>As <see cref="SessionRunner"/> does when objects were sealed in this process.</summary>
    public void Offer(long now, ReadOnlyMemory<byte> records, Action done) => Feed(now, new ObjectsOffered(now, records, done));

    public void LocalChange(long now) => Feed(now, new LocalChange(now));

    public void TransportClosed(long now) => Feed(now, new TransportClosed(now));

    /// <summary>Whole frames that go to the peer now; taking them makes room for more.</summary>
    public byte[] TakeOutput(long now)
    {
        byte[] bytes = _output.Take();
        _driver.Pump(now);
        Complete(now);
        return bytes;
    }

    public SessionOutcome Outcome(long wireBytes = 0, int roundTrips = 0) => _driver.Outcome(null, cancelled: false, wireBytes, roundTrips);

    private void Feed(long now, SessionEvent e)
    {
        _driver.Handle(e);
        Complete(now);
    }

    private void Complete(long now)
    {
        while (_output.Completions.TryDequeue(out var completion)) _driver.Handle(completion(now));
    }

    private sealed class Output(ISessionStore store) : ISessionOutput
    {
        private readonly MemoryStream _bytes = new();

        public Queue<Func<long, SessionEvent>> Completions { get; } = new();

        public bool TakesBulk => _bytes.Length < OutputLimit;

        public int Length => (int)_bytes.Length;

        public void Send(Send send)
        {
            _bytes.Write(send.Frames.Span);
            _bytes.Write(send.Body.Span);
            send.Done?.Invoke();
        }

        public void Store(StoreCommits job) => Completions.Enqueue(SessionStores.Commits(store, job));

        public void Store(StoreObjects job, Action? release)
        {
            Completions.Enqueue(SessionStores.Objects(store, job));
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
