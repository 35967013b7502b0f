using System.Security.Cryptography;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Cryptography.Noise;

/// <summary>
/// The side that is connected to (format-1 §13). Messages are bodies without their u16 length. Until <see cref="TryReadMessage1"/> has
/// found MAC1 right nothing may be answered, and no curve was computed. That an ephemeral is not used twice, and how many handshakes
/// are half open, is the listener's to watch.
/// </summary>
public sealed class ResponderHandshake : IDisposable
{
    /// <summary>A responder tries at most the newest 256 epochs.</summary>
    public const int MaxCandidates = 256;

    private readonly DeviceKeys _device;
    private readonly ChannelBinding _binding;
    private readonly IRandomSource _random;
    private NoiseHandshake? _noise;
    private HandshakeKeys? _keys;

    public ResponderHandshake(DeviceKeys device, ChannelBinding binding, IRandomSource random)
    {
        _device = device;
        _binding = binding;
        _random = random;
    }

    /// <summary>What MAC1 fitted: the epoch or the invite that the peer came with.</summary>
    public HandshakeKeys Keys => _keys ?? throw new InvalidOperationException("The first message was not read.");

    /// <summary>The initiator's ephemeral key: seen before → silence.</summary>
    public Id32 RemoteEphemeral => (_noise ?? throw new InvalidOperationException("The first message was not read.")).RemoteEphemeral;

    /// <summary>False means silence: the peer holds none of these keys, or sent something else.</summary>
    public bool TryReadMessage1(ReadOnlySpan<byte> message, IReadOnlyList<HandshakeKeys> candidates)
    {
        if (_noise is not null) throw new InvalidOperationException("The first message was read already.");
        if (message.Length != HandshakeFrames.Message1Size) return false;
        var preamble = message[..HandshakeFrames.PreambleSize];
        var mac1 = message.Slice(HandshakeFrames.PreambleSize, HandshakeFrames.Mac1Size);
        var noiseMessage = message[(HandshakeFrames.PreambleSize + HandshakeFrames.Mac1Size)..];
        if (Find(candidates, preamble, mac1, noiseMessage) is not { } keys) return false;

        var noise = new NoiseHandshake(initiator: false, keys.Prologue(_binding), _device.ExchangeSecret, keys.Psk, _random);
        try
        {
            // The first message has an empty payload; anything else has no length of its own to hide in.
            noise.ReadMessage(noiseMessage);
        }
        catch (SyncException)
        {
            noise.Dispose();
            return false;
        }

        _noise = noise;
        _keys = keys;
        return true;
    }

    /// <summary>Presents this device with its certificate for the vault of <see cref="Keys"/>.</summary>
    public byte[] CreateMessage2(DeviceCertificate certificate)
    {
        if (_noise is null) throw new InvalidOperationException("The first message was not read.");
        return _noise.WriteMessage(certificate.Encode());
    }

    /// <summary>The initiator's certificate, checked but for membership, and its early bytes; the session is open then.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.HandshakeRefused"/>.</exception>
    public NoiseTransport ReadMessage3(ReadOnlySpan<byte> message, out DeviceCertificate initiator, out byte[] early)
    {
        if (_noise is null) throw new InvalidOperationException("The first message was not read.");
        if (message.Length > HandshakeFrames.MaxMessage3) throw NoiseHandshake.Refused("The peer's handshake message is too long");
        var payload = _noise.ReadMessage(message);
        initiator = PeerCertificates.Read(payload, Keys.VaultId, _noise.RemoteStatic, out int used);
        early = payload[used..];
        return new NoiseTransport(_noise);
    }

    public void Dispose() => _noise?.Dispose();

    private static HandshakeKeys? Find(IReadOnlyList<HandshakeKeys> candidates, ReadOnlySpan<byte> preamble, ReadOnlySpan<byte> mac1, ReadOnlySpan<byte> noiseMessage)
    {
        Span<byte> expectedPreamble = stackalloc byte[HandshakeFrames.PreambleSize], expectedMac = stackalloc byte[HandshakeFrames.Mac1Size];
        for (int i = 0; i < candidates.Count && i < MaxCandidates; i++)
        {
            candidates[i].WritePreamble(expectedPreamble);
            if (!preamble.SequenceEqual(expectedPreamble)) continue;
            candidates[i].ComputeMac1(preamble, noiseMessage, expectedMac);
            if (Plants.Mac1Unchecked || CryptographicOperations.FixedTimeEquals(mac1, expectedMac)) return candidates[i];
        }

        return null;
    }
}
