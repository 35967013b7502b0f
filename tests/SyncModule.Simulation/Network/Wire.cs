using System.Buffers.Binary;
using SyncModule.Simulation.Checking;

namespace SyncModule.Simulation.Network;

/// <summary>
/// One direction of a connection: a byte stream that keeps its order, in chunks of any size and as slow as it likes. Somebody may sit on
/// it and change, drop, repeat or exchange messages (u16 length ‖ bytes); then nothing behind the first change may be taken for real.
/// </summary>
internal sealed class Wire
{
    private const int KeptMessages = 64;

    private readonly World _world;
    private readonly Link _link;
    private readonly LinkOptions _options;
    private readonly Tampering _tampering;
    private readonly int _handshakeMessages;
    private readonly List<byte[]> _messages = []; // the first ones, as the sender wrote them
    private readonly MemoryStream _plain = new();
    private int _written;
    private long _opened;
    private long _lastArrival;
    private byte[]? _heldBack;
    private IReadOnlyList<byte[]>? _old;
    private bool _altered;
    private int _clean = int.MaxValue;

    public Wire(World world, Link link, LinkOptions options, bool forward)
    {
        (_world, _link, _options) = (world, link, options);
        _tampering = options.TamperForward == forward ? options.Tampering : Tampering.None;
        _handshakeMessages = forward ? 2 : 1;
    }

    public SessionEnd To { get; set; } = null!;

    public Wire Back { get; set; } = null!;

    /// <summary>True once something that the sender did not write in this place has been sent on.</summary>
    public bool IsAltered => _altered;

    public IReadOnlyList<byte[]> Messages => _messages;

    /// <summary>Takes whole messages from the sender.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int length = 2 + BinaryPrimitives.ReadUInt16BigEndian(bytes);
            byte[] message = bytes[..length].ToArray();
            bytes = bytes[length..];
            int at = _written++;
            if (at < KeptMessages) _messages.Add(message);
            foreach (byte[] part in Tamper(at, message)) Carry(part);
        }
    }

    /// <summary>Remembers what the sender sealed.</summary>
    public void Sealed(ReadOnlySpan<byte> plain)
    {
        _plain.Seek(0, SeekOrigin.End);
        _plain.Write(plain);
    }

    /// <summary>What the receiver opened is what the sender sealed, from the first byte on and in order, and nothing from behind a change.</summary>
    public void Opened(ReadOnlySpan<byte> plain, ulong messages)
    {
        bool real = _opened + plain.Length <= _plain.Length && plain.SequenceEqual(_plain.GetBuffer().AsSpan((int)_opened, plain.Length));
        if (!real || (_altered && (long)messages > _clean - _handshakeMessages)) throw new Violation("channel", $"link {_link.Number}: something was opened that its sender did not send there");
        _opened += plain.Length;
    }

    /// <summary>The receiver has finished the handshake: every message of it was the sender's.</summary>
    public void ShookHands()
    {
        if (_altered && _clean < _handshakeMessages) throw new Violation("channel", $"link {_link.Number}: the handshake ended well although {_tampering} had changed it");
    }

    /// <summary>The sender ends its direction behind what it has sent.</summary>
    public void End()
    {
        if (_heldBack is { } late) Carry(late);
        _heldBack = null;
        if (!_link.IsCut) _world.Scheduler.After(Delay(), To.TransportClosed);
    }

    private IEnumerable<byte[]> Tamper(int at, byte[] message)
    {
        if (_heldBack is { } earlier)
        {
            _heldBack = null;
            return Altered(at - 1, message, earlier);
        }

        if (_old is { } old) return at < old.Count ? [old[at]] : [];
        if (_tampering == Tampering.None || at != _options.TamperedMessage) return [message];
        switch (_tampering)
        {
            case Tampering.Flip:
                byte[] flipped = [.. message];
                flipped[_world.Random.OneIn(10) ? _world.Random.Next(2) : _world.Random.Next(flipped.Length)] ^= (byte)(1 << _world.Random.Next(8));
                return Altered(at, flipped);
            case Tampering.Drop: return Altered(at);
            case Tampering.Duplicate: return Altered(at + 1, message, message);
            case Tampering.Swap:
                _heldBack = message;
                return [];
            case Tampering.Replay when at > 0: return Altered(at, _messages[_world.Random.Next(Math.Min(at, KeptMessages))], message);
            case Tampering.Reflect when Back.Messages.Count > 0: return Altered(at, _world.Random.Pick(Back.Messages), message);
            case Tampering.OldConnection when _world.OldConnectionTo(To.Process.Machine, this) is { } recorded:
                _old = recorded;
                return Altered(at, at < recorded.Count ? [recorded[at]] : []);
            default: return [message];
        }
    }

    // No two messages are alike under Noise, so another one in the place of one is always a change.
    private byte[][] Altered(int clean, params byte[][] instead)
    {
        (_altered, _clean) = (true, clean);
        _world.History.Tampered++;
        _world.Scheduler.Trace($"link {_link.Number}: {_tampering} at message {_options.TamperedMessage} to {To.Process.Machine.Name}");
        return instead;
    }

    private void Carry(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int take = _link.Admit(bytes.Length);
            if (take == 0) return;
            if (take > 1 && _world.Random.OneIn(8)) take = 1 + _world.Random.Next(take);
            var chunk = bytes[..take];
            _world.Scheduler.After(Delay(), () => To.Receive(chunk.Span));
            bytes = bytes[take..];
            _link.Carried(take);
        }
    }

    // Later chunks never overtake earlier ones.
    private long Delay()
    {
        long delay = _world.Random.OneIn(40) ? _world.Random.Next(20 * _options.Latency) : _world.Random.Next(_options.Latency);
        _lastArrival = Math.Max(_lastArrival, _world.Scheduler.Now + delay);
        return _lastArrival - _world.Scheduler.Now;
    }
}
