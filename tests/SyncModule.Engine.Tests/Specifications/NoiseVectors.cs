using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Cryptography.Noise;
using SyncModule.Engine.Tests.Cryptography;

namespace SyncModule.Engine.Tests.Specifications;

/// <summary>Both handshakes (§9) with fixed ephemeral keys, and the first messages, also those around a new key.</summary>
internal static class NoiseVectors
{
    public static VectorFile Make()
    {
        var file = new VectorFile(CryptographyVectors.Page, "noise.json", "the initiator is the joiner of identity.json, the responder its founder; ephemeral secrets 01…20 and 02…21");
        using var epoch = Fixed.Epoch();
        using var invite = new InviteSecret(Fixed.Counting(0xe0, 16), Fixed.Vault);
        Add(file, "member", HandshakeKeys.ForEpoch(epoch.Network), "early frames"u8.ToArray());
        Add(file, "invite", HandshakeKeys.ForInvite(invite), []);
        return file;
    }

    private static void Add(VectorFile file, string name, HandshakeKeys keys, byte[] early)
    {
        using var joiner = Fixed.Joiner();
        using var founder = Fixed.Founder();
        var certificate = joiner.Certify(Fixed.Vault, DeviceRole.Full);
        using var initiator = new InitiatorHandshake(keys, joiner, certificate, ChannelBinding.Tcp, new FixedRandom(Fixed.Counting(1)));
        using var responder = new ResponderHandshake(founder, ChannelBinding.Tcp, new FixedRandom(Fixed.Counting(2)));
        byte[] message1 = initiator.CreateMessage1();
        Assert.True(responder.TryReadMessage1(message1, [keys]));
        byte[] message2 = responder.CreateMessage2(founder.Certify(Fixed.Vault, DeviceRole.Administrator));
        initiator.ReadMessage2(message2);
        byte[] message3 = initiator.CreateMessage3(early, out var one);
        using var first = one;
        using var second = responder.ReadMessage3(message3, out _, out byte[] received);
        Assert.Equal(early, received);
        file.Case($"{name}: handshake", ("prologue", keys.Prologue(ChannelBinding.Tcp)), ("psk", SecretKeyBytes.Of(keys.Psk)), ("early", early), ("message1", message1), ("message2", message2), ("message3", message3), ("handshakeHash", first.HandshakeHash));
        byte[] sent = first.Encrypt("hello"u8), answer = second.Encrypt("hello"u8);
        file.Case($"{name}: first transport messages of \"hello\"", ("fromInitiator", sent), ("fromResponder", answer));
        for (ulong i = 1; i < NoiseTransport.MessagesPerKey - 1; i++) first.Encrypt([]);
        file.Case($"{name}: empty messages around the initiator's first new key", ("message16384", first.Encrypt([])), ("message16385", first.Encrypt([])));
    }
}
