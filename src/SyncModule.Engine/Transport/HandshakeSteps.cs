using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography.Noise;

namespace SyncModule.Engine.Transport;

/// <summary>What a handshake that ended well gives: the ciphers, under which keys, who the peer is, and the early frames of msg3.</summary>
internal sealed record Handshaken(NoiseTransport Noise, HandshakeKeys Keys, DeviceCertificate Remote, ReadOnlyMemory<byte> Early, bool IsInitiator);

/// <summary>
/// One end of the handshake without its connection (format-1 §13): it says how many bytes it waits for, takes exactly those, and gives
/// back what goes out. <see cref="ChannelHandshake"/> is the shell around it; the simulation is another one. Not thread-safe.
/// </summary>
internal abstract class HandshakeSteps : IDisposable
{
    private int _max;
    private bool _exact, _hasLength;

    /// <summary>Bytes that <see cref="Take"/> wants next, never more than the message's limit; 0 when the handshake is over.</summary>
    public int Needed { get; private set; }

    /// <summary>Null while it runs, and for ever when it ended without a word: see <see cref="ResponderSteps"/>.</summary>
    public Handshaken? Result { get; protected set; }

    /// <summary>Takes <see cref="Needed"/> bytes; returns what is to be sent now, perhaps nothing.</summary>
    /// <exception cref="SyncException">HandshakeRefused, MessageTooLarge: the handshake is over.</exception>
    public byte[] Take(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Needed || Needed == 0) throw new ArgumentException("These are not the bytes that the handshake waits for.", nameof(bytes));
        Needed = 0;
        if (_hasLength) return Next(bytes);
        int length = HandshakeFrames.ReadLength(bytes, _max);
        if (length == 0 || (_exact && length != _max)) return [];
        (Needed, _hasLength) = (length, true);
        return [];
    }

    public abstract void Dispose();

    /// <summary>The next message is awaited, of at most, or exactly, so many bytes.</summary>
    protected void Await(int max, bool exact = false) => (Needed, _hasLength, _max, _exact) = (HandshakeFrames.LengthSize, false, max, exact);

    /// <summary>Takes a whole message and gives the framed answer, or nothing.</summary>
    protected abstract byte[] Next(ReadOnlySpan<byte> message);
}

/// <summary>The connecting side: <see cref="Start"/>, then one message in and one out.</summary>
internal sealed class InitiatorSteps : HandshakeSteps
{
    private readonly HandshakeKeys _keys;
    private readonly ChannelIdentity _identity;
    private readonly string _address;
    private readonly InitiatorHandshake _handshake;

    public InitiatorSteps(HandshakeKeys keys, ChannelIdentity identity, string address)
    {
        (_keys, _identity, _address) = (keys, identity, address);
        _handshake = new InitiatorHandshake(keys, identity.Device, identity.Certificate(keys), identity.Binding, identity.Random);
    }

    /// <summary>The framed first message.</summary>
    public byte[] Start()
    {
        Await(HandshakeFrames.MaxMessage2);
        return HandshakeFrames.Frame(_handshake.CreateMessage1());
    }

    public override void Dispose() => _handshake.Dispose();

    protected override byte[] Next(ReadOnlySpan<byte> message)
    {
        var remote = _handshake.ReadMessage2(message);
        if (!_identity.Accepts(remote, _keys)) throw SyncErrors.HandshakeRefused.With($"{_address} presents a device that is not wanted here");
        var early = _identity.Early(remote, _keys);
        byte[] message3 = _handshake.CreateMessage3(early.Span, out var noise);
        Result = new(noise, _keys, remote, early, IsInitiator: true);
        return HandshakeFrames.Frame(message3);
    }
}

/// <summary>
/// The accepting side, from accept on. Whatever the peer gets wrong before its third message ends it without a byte and without an
/// exception, whatever comes later by one; the shell is silent for both.
/// </summary>
internal sealed class ResponderSteps : HandshakeSteps
{
    private readonly HandshakeLimits.HalfOpen _place;
    private readonly Func<IReadOnlyList<HandshakeKeys>> _candidates;
    private readonly ChannelIdentity _identity;
    private readonly ResponderHandshake _handshake;
    private bool _proven;

    public ResponderSteps(HandshakeLimits.HalfOpen place, Func<IReadOnlyList<HandshakeKeys>> candidates, ChannelIdentity identity)
    {
        (_place, _candidates, _identity) = (place, candidates, identity);
        _handshake = new ResponderHandshake(identity.Device, identity.Binding, identity.Random);
        Await(HandshakeFrames.Message1Size, exact: true);
    }

    public override void Dispose() => _handshake.Dispose();

    protected override byte[] Next(ReadOnlySpan<byte> message)
    {
        if (!_proven)
        {
            // A token first, then MAC1, then whether this ephemeral was used before: no curve operation for a stranger.
            if (!_place.TryFirstPacket() || !_handshake.TryReadMessage1(message, _candidates()) || !_place.TryProve(_handshake.RemoteEphemeral.ToArray())) return [];
            _proven = true;
            Await(HandshakeFrames.MaxMessage3);
            return HandshakeFrames.Frame(_handshake.CreateMessage2(_identity.Certificate(_handshake.Keys)));
        }

        var noise = _handshake.ReadMessage3(message, out var remote, out byte[] early);
        if (_identity.Accepts(remote, _handshake.Keys)) Result = new(noise, _handshake.Keys, remote, early, IsInitiator: false);
        else noise.Dispose();
        return [];
    }
}
