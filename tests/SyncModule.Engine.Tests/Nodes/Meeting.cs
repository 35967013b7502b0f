using System.Security.Cryptography;
using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Cryptography.Noise;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Tests.Cryptography;
using SyncModule.Engine.Transport;

namespace SyncModule.Engine.Tests.Nodes;

/// <summary>Two devices of one vault, One connects to Two, which listens with the real <see cref="Listener"/>.</summary>
internal sealed class Meeting : IAsyncDisposable
{
    private readonly EpochKeys _epoch = TestKeys.Epoch();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _listening;
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource<SessionOutcome>> _expected = new();

    public Meeting(ITransport? transport = null, TimeProvider? clock = null, bool follow = false)
    {
        Transport = transport ?? new MemoryTransport();
        Clock = clock ?? TimeProvider.System;
        Keys = HandshakeKeys.ForEpoch(_epoch.Network);
        DeviceKeys one = DeviceKeys.Create(TestKeys.Random), two = DeviceKeys.Create(TestKeys.Random);
        var members = new HashSet<DeviceId> { one.Device, two.Device };
        (One, Two) = (new(TestKeys.Vault, one.Device, _epoch.EpochId, members), new(TestKeys.Vault, two.Device, _epoch.EpochId, members));
        (IdentityOne, IdentityTwo) = (Identity(one), Identity(two));
        Follow = follow;
        Listener = new Listener(Transport.Listen(PeerAddress.Parse("127.0.0.1:0")), new ListenerOptions
        {
            Identity = IdentityTwo,
            Candidates = () => [Keys],
            OnMember = (channel, stop) => Answer(channel, stop),
            OnInvite = (_, _) => throw new InvalidOperationException("no invite is open"),
            OnFault = e => Fault = e,
        });
        _listening = Listener.RunAsync(_stop.Token);
    }

    public ITransport Transport { get; }

    public TimeProvider Clock { get; }

    public HandshakeKeys Keys { get; }

    public FakeStore One { get; }

    public FakeStore Two { get; }

    public ChannelIdentity IdentityOne { get; }

    public ChannelIdentity IdentityTwo { get; }

    public Listener Listener { get; }

    public bool Follow { get; }

    public Exception? Fault { get; private set; }

    public SessionRunner? Responder { get; private set; }

    /// <summary>What One last connected by.</summary>
    public ITransportConnection? Connection { get; private set; }

    /// <summary>Connects and shakes hands as device One.</summary>
    public async Task<(SecureChannel Channel, SyncSession Session)> ConnectAsync()
    {
        var connection = Connection = await Transport.ConnectAsync(Listener.LocalAddress);
        var session = new SyncSession(One, SessionRole.Initiator, NewOptions());
        var identity = IdentityOne with { Early = (remote, keys) => session.InitiatorEarly(remote.Device, keys.EpochId!.Value) };
        return (await Task.Factory.StartNew(() => ChannelHandshake.Initiate(connection, Keys, identity), TaskCreationOptions.LongRunning), session);
    }

    /// <summary>One whole session; what both ends say about it.</summary>
    public async Task<(SessionOutcome One, SessionOutcome Two)> SyncAsync()
    {
        var other = Expect();
        var (channel, session) = await ConnectAsync();
        using (channel)
        {
            var runner = new SessionRunner(session, channel, One, new SessionRunnerOptions { Clock = Clock });
            var outcome = await Task.Factory.StartNew(() => runner.Run(), TaskCreationOptions.LongRunning);
            return (outcome, await other);
        }
    }

    /// <summary>The outcome of the next session that Two answers.</summary>
    public Task<SessionOutcome> Expect()
    {
        var expected = new TaskCompletionSource<SessionOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate) _expected.Enqueue(expected);
        return expected.Task;
    }

    /// <summary>Forgets an expectation: the session never came to be.</summary>
    public void Unexpect()
    {
        lock (_gate) _expected.TryDequeue(out _);
    }

    public SessionOptions NewOptions() => new() { SessionId = new(RandomNumberGenerator.GetBytes(32)), Follow = Follow };

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _listening;
        Assert.Null(Fault);
        _epoch.Dispose();
        _stop.Dispose();
    }

    private void Answer(SecureChannel channel, CancellationToken stop)
    {
        var runner = new SessionRunner(new SyncSession(Two, SessionRole.Responder, NewOptions()), channel, Two, new SessionRunnerOptions { Clock = Clock });
        Responder = runner;
        var outcome = runner.Run(stop);
        lock (_gate)
        {
            if (_expected.TryDequeue(out var expected)) expected.SetResult(outcome);
        }
    }

    private ChannelIdentity Identity(DeviceKeys device) => new() { Device = device, Certificate = _ => device.Certify(TestKeys.Vault, DeviceRole.Full), Clock = Clock };
}
