using System.Security.Cryptography;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Cryptography.Noise;

/// <summary>What a handshake is for: the last byte of the preamble.</summary>
public enum HandshakeKind : byte
{
    /// <summary>Between members, under an epoch's network secret.</summary>
    Member = 0,

    /// <summary>Between an inviter and a joiner, under the invite's secret.</summary>
    Invite = 1,
}

/// <summary>
/// The keys that one handshake may run under. Borrowed, not owned: they belong to the epoch or to the invite.
/// </summary>
public sealed class HandshakeKeys
{
    private readonly SecretKey _mac1;

    private HandshakeKeys(HandshakeKind kind, VaultId vaultId, EpochId? epochId, SecretKey psk, SecretKey mac1)
    {
        Kind = kind;
        VaultId = vaultId;
        EpochId = epochId;
        Psk = psk;
        _mac1 = mac1;
    }

    public HandshakeKind Kind { get; }

    /// <summary>The vault that both certificates must name.</summary>
    public VaultId VaultId { get; }

    /// <summary>The epoch of a member handshake, null for an invite.</summary>
    public EpochId? EpochId { get; }

    internal SecretKey Psk { get; }

    public static HandshakeKeys ForEpoch(NetworkKeys keys) => new(HandshakeKind.Member, keys.VaultId, keys.EpochId, keys.NoisePsk, keys.NoiseMac1);

    public static HandshakeKeys ForInvite(InviteSecret invite) => new(HandshakeKind.Invite, invite.VaultId, epochId: null, invite.NoisePsk, invite.NoiseMac1);

    internal void WritePreamble(Span<byte> destination)
    {
        HandshakeFrames.Magic.CopyTo(destination);
        destination[2] = HandshakeFrames.Major;
        destination[3] = (byte)Kind;
    }

    /// <summary>MAC1 = HMAC(mac1 key, preamble ‖ msg1)[0..16].</summary>
    internal void ComputeMac1(ReadOnlySpan<byte> preamble, ReadOnlySpan<byte> message1, Span<byte> destination)
    {
        Span<byte> input = stackalloc byte[HandshakeFrames.PreambleSize + HandshakeFrames.NoiseMessage1Size];
        preamble.CopyTo(input);
        message1.CopyTo(input[HandshakeFrames.PreambleSize..]);
        Span<byte> mac = stackalloc byte[Id32.Size];
        HMACSHA256.HashData(_mac1.Span, input, mac);
        mac[..HandshakeFrames.Mac1Size].CopyTo(destination);
    }

    /// <summary>L("noise") ‖ preamble ‖ vaultId (0^32 for an invite) ‖ binding: versions and vault cannot be changed on the way.</summary>
    internal byte[] Prologue(ChannelBinding binding)
    {
        var prologue = new byte[Labels.Noise.Length + HandshakeFrames.PreambleSize + Id32.Size + binding.Bytes.Length];
        Labels.Noise.CopyTo(prologue);
        var rest = prologue.AsSpan(Labels.Noise.Length);
        WritePreamble(rest);
        (Kind == HandshakeKind.Invite ? Id32.Zero : VaultId).CopyTo(rest[HandshakeFrames.PreambleSize..]);
        binding.Bytes.CopyTo(rest[(HandshakeFrames.PreambleSize + Id32.Size)..]);
        return prologue;
    }
}

/// <summary>What the handshake runs over, as its prologue names it: a relay that splices two connections is found out.</summary>
public sealed class ChannelBinding
{
    private readonly byte[] _bytes;

    private ChannelBinding(byte[] bytes) => _bytes = bytes;

    /// <summary>A plain byte stream.</summary>
    public static ChannelBinding Tcp { get; } = new([0]);

    internal ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>TLS inside QUIC: the hashes of both ends' SubjectPublicKeyInfo.</summary>
    public static ChannelBinding Quic(in Id32 clientKeyHash, in Id32 serverKeyHash) => new([1, .. clientKeyHash.ToArray(), .. serverKeyHash.ToArray()]);
}
