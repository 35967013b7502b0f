using SyncModule.Engine.Transport;

namespace SyncModule.Simulation.Network;

/// <summary>
/// One end's handshake and Noise channel: the product's steps, and this as the shell in place of a connection and threads. What it opens is
/// compared with what the other end sealed.
/// </summary>
internal sealed class ChannelEnd(Wire incoming, Wire outgoing, HandshakeSteps steps)
{
    private readonly byte[] _buffer = new byte[64 << 10];
    private readonly List<byte> _raw = [];
    private MessageSealer? _sealer;
    private MessageOpener? _opener;

    /// <summary>Null until the handshake has ended well.</summary>
    public Handshaken? Handshake { get; private set; }

    /// <summary>The handshake is over and led nowhere, without a word.</summary>
    public bool IsSilent => steps.Needed == 0 && Handshake is null;

    public void Start(InitiatorSteps initiator) => outgoing.Write(initiator.Start());

    /// <summary>Takes bytes of the handshake; true when it has just ended well. Throws what the handshake throws.</summary>
    public bool ReceiveHandshake(ReadOnlySpan<byte> bytes)
    {
        _raw.AddRange(bytes);
        while (steps.Needed > 0 && _raw.Count >= steps.Needed)
        {
            byte[] wanted = [.. _raw[..steps.Needed]];
            _raw.RemoveRange(0, wanted.Length);
            byte[] answer = steps.Take(wanted);
            if (answer.Length > 0) outgoing.Write(answer);
        }

        if (steps.Result is not { } result) return false;
        incoming.ShookHands();
        Handshake = result;
        (_sealer, _opener) = (new(result.Noise), new(result.Noise));
        Fill([.. _raw]);
        _raw.Clear();
        return true;
    }

    /// <summary>Takes bytes that <see cref="Open"/> will open.</summary>
    public void Fill(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var room = _opener!.Room();
            int count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            _opener.Filled(count);
            bytes = bytes[count..];
        }
    }

    /// <summary>Opens what is whole, a piece at a time; empty when nothing is. Throws what the channel throws.</summary>
    public ReadOnlySpan<byte> Open()
    {
        int count = _opener!.Open(_buffer);
        incoming.Opened(_buffer.AsSpan(0, count), Handshake!.Noise.ReceiveNonce);
        return _buffer.AsSpan(0, count);
    }

    public void Send(ReadOnlySpan<byte> plain)
    {
        outgoing.Sealed(plain);
        while (!_sealer!.Add(ref plain, more: false)) outgoing.Write(_sealer.Take());
        outgoing.Write(_sealer.Take());
    }

    public void Dispose()
    {
        steps.Dispose();
        Handshake?.Noise.Dispose();
    }
}
