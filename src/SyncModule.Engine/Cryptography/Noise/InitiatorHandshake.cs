using SyncModule.Core.Model;

namespace SyncModule.Engine.Cryptography.Noise;

/// <summary>
/// The side that connects (format-1 §13). Messages are bodies without their u16 length (see <see cref="HandshakeFrames"/>); no I/O
/// happens here. Call in order: <see cref="CreateMessage1"/>, <see cref="ReadMessage2"/>, <see cref="CreateMessage3"/>.
/// </summary>
public sealed class InitiatorHandshake : IDisposable
{
    private readonly HandshakeKeys _keys;
    private readonly DeviceCertificate _certificate;
    private readonly NoiseHandshake _noise;

    /// <param name="keys">The epoch or the invite.</param>
    /// <param name="device">This device.</param>
    /// <param name="certificate">Its certificate for the vault of <paramref name="keys"/>.</param>
    /// <param name="binding">What the messages run over.</param>
    /// <param name="random">For the ephemeral key.</param>
    public InitiatorHandshake(HandshakeKeys keys, DeviceKeys device, DeviceCertificate certificate, ChannelBinding binding, IRandomSource random)
    {
        _keys = keys;
        _certificate = certificate;
        _noise = new NoiseHandshake(initiator: true, keys.Prologue(binding), device.ExchangeSecret, keys.Psk, random);
    }

    /// <summary>Longest early data that <see cref="CreateMessage3"/> takes.</summary>
    public static int MaxEarly => HandshakeFrames.MaxMessage3 - 32 - (2 * CipherState.TagSize) - DeviceCertificate.EncodedSize;

    /// <summary>preamble ‖ MAC1 ‖ Noise message with an empty payload: 68 bytes.</summary>
    public byte[] CreateMessage1()
    {
        var noise = _noise.WriteMessage([]);
        var message = new byte[HandshakeFrames.Message1Size];
        var preamble = message.AsSpan(0, HandshakeFrames.PreambleSize);
        _keys.WritePreamble(preamble);
        _keys.ComputeMac1(preamble, noise, message.AsSpan(HandshakeFrames.PreambleSize));
        noise.CopyTo(message, HandshakeFrames.PreambleSize + HandshakeFrames.Mac1Size);
        return message;
    }

    /// <summary>The responder's certificate, checked but for membership.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.HandshakeRefused"/>.</exception>
    public DeviceCertificate ReadMessage2(ReadOnlySpan<byte> message)
    {
        if (message.Length > HandshakeFrames.MaxMessage2) throw NoiseHandshake.Refused("The peer's handshake message is too long");
        var payload = _noise.ReadMessage(message);
        try
        {
            var certificate = PeerCertificates.Read(payload, _keys.VaultId, _noise.RemoteStatic, out int used);
            return used == payload.Length ? certificate : throw NoiseHandshake.Refused("The peer's handshake message has bytes behind its certificate");
        }
        catch (SyncException)
        {
            _noise.Dispose();
            throw;
        }
    }

    /// <summary>This device's certificate and the early bytes (HELLO and VECTOR, or nothing); the session is open then.</summary>
    public byte[] CreateMessage3(ReadOnlySpan<byte> early, out NoiseTransport transport)
    {
        if (early.Length > MaxEarly) throw new ArgumentException("The early bytes are too long for the third message.", nameof(early));
        byte[] payload = [.. _certificate.Encode(), .. early];
        var message = _noise.WriteMessage(payload);
        transport = new NoiseTransport(_noise);
        return message;
    }

    public void Dispose() => _noise.Dispose();
}
