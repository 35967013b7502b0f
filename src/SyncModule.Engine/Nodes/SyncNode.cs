using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Cryptography.Noise;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Transport;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Nodes;

/// <summary>What a node needs besides its vault.</summary>
public sealed record NodeOptions
{
    public ITransport Transport { get; init; } = new TcpTransport();

    /// <summary>The vault's folder, for file events; null where it is not in a real one.</summary>
    public string? Folder { get; init; }
}

/// <summary>One vault on the network: rounds with peers, a listener, following. Every session has its own threads, so a slow or dead peer delays nobody else.</summary>
public sealed class SyncNode : IDisposable
{
    private const int MaxHandshakes = 4;

    private static readonly TimeSpan SessionLifetime = TimeSpan.FromHours(1);

    private readonly Vault _vault;
    private readonly NodeOptions _options;
    private readonly PeerBook _peers;
    private readonly Lazy<VaultWatcher> _watcher;

    public SyncNode(Vault vault, NodeOptions? options = null)
    {
        _vault = vault;
        _options = options ?? new NodeOptions();
        _peers = new PeerBook(vault);
        _watcher = new(() => new VaultWatcher(vault, _options.Folder));
    }

    /// <summary>One round with each peer, all at once. Peers are names from the peer book or addresses.</summary>
    public async Task<RoundSummary> SyncAsync(IReadOnlyList<string> peers, SyncRequest request, IProgress<SyncProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        if (peers.Count == 0) throw SyncErrors.PeerUnknown.With("No peer was named");
        var resolved = peers.Select(Resolve).ToList();
        long start = _vault.Time.GetTimestamp();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (request.Timeout is { } timeout) limit.CancelAfter(timeout);
        var results = await Task.WhenAll(resolved.Select(p => Long(() => SyncWith(p, request, progress, cancellationToken, limit.Token)))).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        _vault.UpdateIndex();
        return RoundSummary.Of(results, _vault.Time.GetElapsedTime(start).TotalSeconds, _vault.Conflicts());
    }

    /// <summary>
    /// Accepts sessions until cancelled. Commits of any local process are pushed to those that are open. <paramref name="ready"/> gets the
    /// address with its real port.
    /// </summary>
    /// <exception cref="SyncException">A flush of the vault failed (<see cref="FlushLatch"/>): DiskFailed.</exception>
    public async Task ServeAsync(PeerAddress listen, Action<PeerAddress>? ready = null, Action<NodeEvent>? events = null, CancellationToken cancellationToken = default)
    {
        // Open sessions end by themselves when a flush fails, and tell their peers why: only a person's word aborts them.
        var options = ListenerOptionsFor(events) with { OnMember = (channel, _) => Accepted(channel, events, cancellationToken) };
        var listener = new Listener(_options.Transport.Listen(listen), options);
        ready?.Invoke(listener.LocalAddress);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _vault.Flushes.Closed);
        await listener.RunAsync(stop.Token).ConfigureAwait(false);
        _vault.Flushes.ThrowIfClosed();
    }

    /// <summary>Keeps a session with each peer until cancelled, both ways; connects again with full jitter after every end.</summary>
    /// <exception cref="SyncException">A flush of the vault failed (<see cref="FlushLatch"/>): DiskFailed.</exception>
    public async Task FollowAsync(IReadOnlyList<string> peers, Action<NodeEvent> events, CancellationToken cancellationToken)
    {
        var resolved = (peers.Count > 0 ? peers : [.. _peers.List().Select(p => p.Name)]).Select(Resolve).ToList();
        if (resolved.Count == 0) throw SyncErrors.PeerUnknown.With("No peer is known");
        await Task.WhenAll(resolved.Select(p => Long(() =>
        {
            Follow(p, events, cancellationToken);
            return 0;
        }))).ConfigureAwait(false);
    }

    /// <summary>Connects, shakes hands and ends: nothing is synced and nothing written. A peer that cannot be reached is an answer with its error.</summary>
    public Task<PeerAnswer> TestAsync(string peer, CancellationToken cancellationToken)
    {
        var resolved = Resolve(peer);
        return Long(() => Test(resolved, cancellationToken));
    }

    public void Dispose()
    {
        if (_watcher.IsValueCreated) _watcher.Value.Dispose();
    }

    internal string TransportName => _options.Transport.Name;

    internal ListenerOptions ListenerOptionsFor(Action<NodeEvent>? events) => new()
    {
        Identity = Identity(null),
        Candidates = Candidates,
        OnMember = (channel, token) => Accepted(channel, events, token),
        OnInvite = (_, _) => { },
        OnFault = e => events?.Invoke(Event("Fault", null, null, e.Message)),
    };

    internal IReadOnlyList<HandshakeKeys> Candidates() => NodeIdentity.Candidates(_vault);

    internal ChannelIdentity Identity(Func<DeviceId, EpochId, ReadOnlyMemory<byte>>? early) => NodeIdentity.Of(_vault, early);

    internal void Accepted(SecureChannel channel, Action<NodeEvent>? events, CancellationToken cancellationToken)
    {
        var device = channel.Remote.Device;
        string name = _vault.DeviceName(device);
        events?.Invoke(Event("Connected", channel.RemoteAddress.ToString(), name, "session accepted"));
        var session = new MemberSession(_vault, new(Push: true, Pull: true, Follow: true, Observer: e => Tell(e, name, events), Transport: TransportName), _watcher.Value);
        var outcome = session.Run(channel, cancellationToken);
        events?.Invoke(Event("Closed", channel.RemoteAddress.ToString(), name, outcome.Result.ToString(), outcome.ToException() ?? Compared()));
    }

    // What came may be another device's checkpoint: it is compared by everybody who can (format-1 §8).
    private SyncException? Compared()
    {
        try
        {
            _vault.CompareCheckpoints();
            return null;
        }
        catch (SyncException e)
        {
            return e;
        }
    }

    private PeerResult SyncWith(ResolvedPeer peer, SyncRequest request, IProgress<SyncProgress>? progress, CancellationToken user, CancellationToken limit)
    {
        DeviceId? device = null;
        try
        {
            void Observe(SessionEffect effect)
            {
                if (effect is Report { Progress: var p }) progress?.Report(new(peer.Name, p.CommitsSent, p.CommitsReceived, p.ObjectsSent, p.ObjectsReceived, p.BytesSent, p.BytesReceived, p.ObjectsWanted));
            }

            var outcome = Connect(peer, new(request.Push, request.Pull, Follow: false, request.Verify, Observe), d => device = d, limit);
            var result = outcome.Result switch
            {
                SessionResult.UpToDate => SyncOutcome.UpToDate,
                SessionResult.Synced => SyncOutcome.Synced,
                SessionResult.Partial => SyncOutcome.Partial,
                _ => SyncOutcome.Failed,
            };
            if (result != SyncOutcome.Failed) _vault.CompareCheckpoints();
            var error = outcome.ToException();
            if (result == SyncOutcome.Partial) error = SyncErrors.ContentNotHere.With(outcome.Detail);
            if (result == SyncOutcome.Failed) error ??= limit.IsCancellationRequested && !user.IsCancellationRequested ? SyncErrors.SessionTimeout.With("The time for this round is over") : SyncErrors.SessionLost.With("The session ended early");
            if (result is SyncOutcome.UpToDate or SyncOutcome.Synced && device is { } d) _peers.Synced(peer.Name, d, _vault.Time.GetUtcNow());
            return new(peer.Name, device, result, error, outcome);
        }
        catch (SyncException e)
        {
            return new(peer.Name, device, e.Kind == SyncErrors.PeerUnreachable ? SyncOutcome.Offline : SyncOutcome.Failed, e, null);
        }
        catch (OperationCanceledException)
        {
            if (_vault.Flushes.Error is { } failed) return new(peer.Name, device, SyncOutcome.Failed, failed, null);
            return new(peer.Name, device, SyncOutcome.Failed, user.IsCancellationRequested ? SyncErrors.Interrupted.With("The round was ended from here") : SyncErrors.SessionTimeout.With("The time for this round is over"), null);
        }
    }

    // A session whose epoch is no longer current ends; both shake hands anew under the current one, a bounded number of times.
    private SessionOutcome Connect(ResolvedPeer peer, MemberSessionOptions options, Action<DeviceId> remote, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            var session = new MemberSession(_vault, options with { Transport = TransportName }, options.Follow ? _watcher.Value : null);
            using var dialing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _vault.Flushes.Closed);
            using var connection = Dial(peer, dialing.Token);
            using var channel = ChannelHandshake.Initiate(connection, NodeIdentity.Current(_vault), Identity(session.Early), dialing.Token);
            remote(channel.Remote.Device);
            var outcome = session.Run(channel, cancellationToken);
            if (outcome.Result != SessionResult.Rehandshake || attempt == MaxHandshakes) return outcome;
        }
    }

    private PeerAnswer Test(ResolvedPeer peer, CancellationToken cancellationToken)
    {
        long start = _vault.Time.GetTimestamp();
        string? address = null;
        try
        {
            using var connection = Dial(peer, cancellationToken);
            address = connection.RemoteAddress.ToString();
            using var channel = ChannelHandshake.Initiate(connection, NodeIdentity.Current(_vault), Identity(null), cancellationToken);
            return new(address, channel.Remote.Device, _vault.Time.GetElapsedTime(start), null);
        }
        catch (SyncException e)
        {
            return new(address, null, _vault.Time.GetElapsedTime(start), e);
        }
        catch (OperationCanceledException)
        {
            return new(address, null, _vault.Time.GetElapsedTime(start), SyncErrors.SessionTimeout.With("The peer did not answer in time"));
        }
    }

    private ITransportConnection Dial(ResolvedPeer peer, CancellationToken cancellationToken)
    {
        SyncException? last = null;
        foreach (var address in peer.Addresses)
        {
            try
            {
                return _options.Transport.ConnectAsync(address, cancellationToken).AsTask().GetAwaiter().GetResult();
            }
            catch (SyncException e)
            {
                last = e;
            }
        }

        throw last ?? SyncErrors.PeerUnreachable.With($"'{peer.Name}' has no address");
    }

    private void Follow(ResolvedPeer peer, Action<NodeEvent> events, CancellationToken cancellationToken)
    {
        var backoff = new Backoff();
        while (!cancellationToken.IsCancellationRequested)
        {
            _vault.Flushes.ThrowIfClosed();
            try
            {
                string name = peer.Name;
                DeviceId? device = null;
                bool noted = false;
                void Observe(SessionEffect effect)
                {
                    if (effect is Announce { Signal: SessionSignal.PhaseMDone }) backoff.Reset();
                    if (effect is Announce { Signal: SessionSignal.UpToDate or SessionSignal.Synced } && device is { } d && !noted)
                    {
                        // As after a round: who asks for this peer by its name finds the device that answered.
                        noted = true;
                        _peers.Synced(name, d, _vault.Time.GetUtcNow());
                    }

                    Tell(effect, name, events);
                }

                // New keys every hour (format-1 §13): the session is ended and another one shaken hands for, at once.
                using var hour = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                using var timer = _vault.Time.CreateTimer(_ => hour.Cancel(), null, SessionLifetime, Timeout.InfiniteTimeSpan);
                void Connected(DeviceId remote)
                {
                    device = remote;
                    events(Event("Connected", name, _vault.DeviceName(remote), "session open"));
                }

                var outcome = Connect(peer, new(Push: true, Pull: true, Follow: true, Observer: Observe), Connected, hour.Token);
                if (hour.IsCancellationRequested && !cancellationToken.IsCancellationRequested) continue;
                events(Event("Closed", peer.Name, null, outcome.Result.ToString(), outcome.ToException()));
            }
            catch (SyncException e)
            {
                events(Event(e.Kind == SyncErrors.PeerUnreachable ? "Unreachable" : "Closed", peer.Name, null, e.Detail, e));
            }
            catch (OperationCanceledException)
            {
                continue; // the hour was over while shaking hands, or the loop ends by one of its own conditions
            }

            _vault.Flushes.ThrowIfClosed();
            if (WaitHandle.WaitAny([cancellationToken.WaitHandle, _vault.Flushes.Closed.WaitHandle], backoff.Next(_vault.Random)) == 0) return;
        }
    }

    private void Tell(SessionEffect effect, string peer, Action<NodeEvent>? events)
    {
        switch (effect)
        {
            case Announce { Signal: SessionSignal.UpToDate or SessionSignal.Synced or SessionSignal.Partial or SessionSignal.Diverged } announce:
                events?.Invoke(Event(announce.Signal.ToString(), peer, null, ""));
                break;
            case StoreCommits store when store.Lane == Lane.Data:
                events?.Invoke(Event("Received", peer, null, store.Bundles.Count == 1 ? "1 commit" : $"{store.Bundles.Count} commits") with { Count = store.Bundles.Count });
                break;
            default:
                break;
        }
    }

    private NodeEvent Event(string kind, string? peer, string? device, string detail, SyncException? error = null) => new(kind, _vault.Time.GetUtcNow(), peer, device, detail, error);

    private ResolvedPeer Resolve(string peer)
    {
        if (_peers.Find(peer) is { } known) return new(known.Name, [.. known.Addresses.Select(PeerAddress.Parse)]);
        if (PeerAddress.TryParse(peer, out var address)) return new(peer, [address]);
        throw SyncErrors.PeerUnknown.With($"'{peer}' is no known peer and no address");
    }

    // Sessions block their thread; the pool is not made for that.
    private static Task<T> Long<T>(Func<T> body) => Task.Factory.StartNew(body, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private sealed record ResolvedPeer(string Name, IReadOnlyList<PeerAddress> Addresses);
}
