using System.Net;
using System.Net.Sockets;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Transport;

/// <summary>The figures of <see cref="HandshakeLimits"/>; the defaults are format-1 §13 and the threat model's T9 and T16.</summary>
public sealed record HandshakeLimitOptions
{
    /// <summary>Connections that may be between accept and the end of the handshake.</summary>
    public int HalfOpen { get; init; } = 64;

    /// <summary>First packets that one address may get wrong at once.</summary>
    public int Burst { get; init; } = 32;

    /// <summary>Wrong first packets per second that one address gets back.</summary>
    public double PerSecond { get; init; } = 4;

    /// <summary>Addresses that are told apart; the rest share one bucket.</summary>
    public int Addresses { get; init; } = 4_096;

    /// <summary>Ephemeral keys remembered, oldest forgotten first.</summary>
    public int Ephemerals { get; init; } = 65_536;

    /// <summary>Accept to end of handshake.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>
/// What strangers may cost a listener (T9, T16). A refusal is always the same for them: no byte is answered and the connection ends. Thread-safe.
/// </summary>
/// <remarks>
/// The half-open places never block an honest peer: when all are taken, the oldest connection that has not proved knowledge of the network secret (MAC1)
/// gives its place up, taken from the address that holds most of them. First packets cost a token that comes back when they prove to be a member's.
/// </remarks>
public sealed class HandshakeLimits(TimeProvider clock, HandshakeLimitOptions? options = null)
{
    private readonly HandshakeLimitOptions _options = options ?? new HandshakeLimitOptions();
    private readonly Lock _gate = new();
    private readonly LinkedList<HalfOpen> _halfOpen = new();
    private readonly Dictionary<string, TokenBucket> _buckets = new(StringComparer.Ordinal);
    private readonly HashSet<Id32> _seen = [];
    private readonly Queue<Id32> _seenOrder = new();
    private TokenBucket? _shared;

    /// <summary>How long a handshake may take from accept on.</summary>
    public TimeSpan Deadline => _options.Deadline;

    /// <summary>Connections in the handshake now.</summary>
    public int HalfOpenCount
    {
        get
        {
            lock (_gate) return _halfOpen.Count;
        }
    }

    /// <summary>
    /// Takes a half-open place for a connection; <paramref name="evict"/> ends it when the place is needed for somebody else (called outside the lock,
    /// must not throw). Null: all places belong to peers that have proved themselves, so this one ends.
    /// </summary>
    public HalfOpen? TryEnter(PeerAddress remote, Action evict)
    {
        ArgumentNullException.ThrowIfNull(remote);
        ArgumentNullException.ThrowIfNull(evict);
        HalfOpen? victim = null;
        var entered = new HalfOpen(this, Network(remote), evict);
        lock (_gate)
        {
            if (_halfOpen.Count >= _options.HalfOpen)
            {
                victim = OldestOfTheGreediest();
                if (victim is null) return null;
                Remove(victim);
            }

            entered.Node = _halfOpen.AddLast(entered);
        }

        victim?.Evict();
        return entered;
    }

    private HalfOpen? OldestOfTheGreediest()
    {
        var counts = _halfOpen.Where(h => !h.Proven).CountBy(h => h.Network, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        if (counts.Count == 0) return null;
        int most = counts.Values.Max();
        return _halfOpen.First(h => !h.Proven && counts[h.Network] == most);
    }

    private void Remove(HalfOpen entry)
    {
        if (entry.Node is not { } node) return;
        entry.Node = null;
        _halfOpen.Remove(node);
    }

    private void Leave(HalfOpen entry)
    {
        lock (_gate) Remove(entry);
    }

    private bool TakeToken(string network)
    {
        lock (_gate) return Bucket(network).TryTake(clock.GetTimestamp());
    }

    /// <summary>Ephemerals are remembered only after MAC1, so a stranger cannot push a member's out.</summary>
    private bool Prove(HalfOpen entry, ReadOnlySpan<byte> ephemeral)
    {
        var e = new Id32(ephemeral);
        lock (_gate)
        {
            if (!_seen.Add(e) && !Plants.EphemeralTwice) return false;
            _seenOrder.Enqueue(e);
            if (_seenOrder.Count > _options.Ephemerals) _seen.Remove(_seenOrder.Dequeue());
            entry.Proven = true;
            Bucket(entry.Network).GiveBack();
            return true;
        }
    }

    private TokenBucket Bucket(string network)
    {
        if (_buckets.TryGetValue(network, out var bucket)) return bucket;
        if (_buckets.Count >= _options.Addresses)
        {
            long now = clock.GetTimestamp();
            foreach (string full in _buckets.Where(b => b.Value.IsFull(now)).Select(b => b.Key).ToArray()) _buckets.Remove(full);
        }

        if (_buckets.Count >= _options.Addresses) return _shared ??= NewBucket();
        return _buckets[network] = NewBucket();
    }

    private TokenBucket NewBucket() => new(_options.Burst, _options.PerSecond / clock.TimestampFrequency, clock.GetTimestamp());

    /// <summary>One customer has a /64: its single addresses cannot be told apart from those of many machines.</summary>
    private static string Network(PeerAddress remote)
    {
        if (remote.Ip is not { AddressFamily: AddressFamily.InterNetworkV6 } ip) return remote.Host;
        byte[] bytes = ip.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes).ToString();
    }

    /// <summary>One connection on its way through the handshake. Dispose it when the handshake has ended, well or not.</summary>
    public sealed class HalfOpen : IDisposable
    {
        private readonly HandshakeLimits _limits;
        private readonly Action _evict;

        internal HalfOpen(HandshakeLimits limits, string network, Action evict) => (_limits, Network, _evict) = (limits, network, evict);

        internal string Network { get; }

        internal bool Proven { get; set; }

        internal LinkedListNode<HalfOpen>? Node { get; set; }

        /// <summary>Asked when a whole first packet is here, before anything is computed. False: end in silence.</summary>
        public bool TryFirstPacket() => _limits.TakeToken(Network);

        /// <summary>Asked when MAC1 has matched, before any curve operation: false when this ephemeral key was used before. End in silence.</summary>
        public bool TryProve(ReadOnlySpan<byte> ephemeral) => _limits.Prove(this, ephemeral);

        /// <inheritdoc/>
        public void Dispose() => _limits.Leave(this);

        internal void Evict() => _evict();
    }

    private sealed class TokenBucket
    {
        private readonly double _size, _perTick;
        private double _tokens;
        private long _last;

        internal TokenBucket(double size, double perTick, long now) => (_size, _tokens, _perTick, _last) = (size, size, perTick, now);

        internal bool TryTake(long now)
        {
            Fill(now);
            if (_tokens < 1) return false;
            _tokens--;
            return true;
        }

        internal void GiveBack() => _tokens = Math.Min(_size, _tokens + 1);

        internal bool IsFull(long now)
        {
            Fill(now);
            return _tokens >= _size;
        }

        private void Fill(long now)
        {
            if (now <= _last) return;
            _tokens = Math.Min(_size, _tokens + ((now - _last) * _perTick));
            _last = now;
        }
    }
}
