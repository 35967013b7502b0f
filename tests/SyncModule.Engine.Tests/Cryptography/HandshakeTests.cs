using System.Security.Cryptography;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Cryptography.Noise;

namespace SyncModule.Engine.Tests.Cryptography;

public sealed class HandshakeTests : IDisposable
{
    private readonly EpochKeys _epoch = TestKeys.Epoch();
    private readonly DeviceKeys _one = DeviceKeys.Create(TestKeys.Random), _other = DeviceKeys.Create(TestKeys.Random);
    private readonly HandshakeKeys _keys;
    private readonly byte[] _ephemeralOne = RandomNumberGenerator.GetBytes(32), _ephemeralOther = RandomNumberGenerator.GetBytes(32);

    public HandshakeTests() => _keys = HandshakeKeys.ForEpoch(_epoch.Network);

    public void Dispose()
    {
        _epoch.Dispose();
        _one.Dispose();
        _other.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(10_007)]
    public void Two_members_meet_and_know_each_other(int earlyLength)
    {
        byte[] early = RandomNumberGenerator.GetBytes(earlyLength);
        using var initiator = Initiator();
        using var responder = Responder();
        byte[] message1 = initiator.CreateMessage1();
        Assert.Equal(HandshakeFrames.Message1Size, message1.Length);
        Assert.Equal([(byte)'S', (byte)'M', 1, 0], message1[..4]);
        Assert.True(responder.TryReadMessage1(message1, [Stranger(), _keys]));
        Assert.Same(_keys, responder.Keys);
        Assert.Equal(_epoch.EpochId, responder.Keys.EpochId);
        byte[] message2 = responder.CreateMessage2(_other.Certify(TestKeys.Vault, DeviceRole.Full));
        Assert.InRange(message2.Length, 100, HandshakeFrames.MaxMessage2);
        Assert.Equal(_other.Device, initiator.ReadMessage2(message2).Device);
        byte[] message3 = initiator.CreateMessage3(early, out var a);
        Assert.InRange(message3.Length, earlyLength, HandshakeFrames.MaxMessage3);
        using var b = responder.ReadMessage3(message3, out var certificate, out byte[] received);
        Assert.Equal(_one.Device, certificate.Device);
        Assert.Equal(early, received);
        Assert.Equal(a.HandshakeHash, b.HandshakeHash);
        Assert.Equal("hello"u8.ToArray(), b.Decrypt(a.Encrypt("hello"u8)));
        Assert.Equal("back"u8.ToArray(), a.Decrypt(b.Encrypt("back"u8)));
    }

    [Fact]
    public void The_longest_early_data_fills_the_third_message_exactly()
    {
        using var initiator = Initiator();
        using var responder = Responder();
        Assert.True(responder.TryReadMessage1(initiator.CreateMessage1(), [_keys]));
        initiator.ReadMessage2(responder.CreateMessage2(_other.Certify(TestKeys.Vault, DeviceRole.Full)));
        Assert.Throws<ArgumentException>(() => initiator.CreateMessage3(new byte[InitiatorHandshake.MaxEarly + 1], out _));
        byte[] message = initiator.CreateMessage3(new byte[InitiatorHandshake.MaxEarly], out _);
        Assert.Equal(HandshakeFrames.MaxMessage3, message.Length);
        responder.ReadMessage3(message, out _, out byte[] early);
        Assert.Equal(InitiatorHandshake.MaxEarly, early.Length);
    }

    [Fact]
    public void Every_flipped_bit_of_the_first_message_meets_silence()
    {
        using var initiator = Initiator();
        byte[] message = initiator.CreateMessage1();
        for (int bit = 0; bit < message.Length * 8; bit++)
        {
            using var responder = Responder();
            Assert.False(responder.TryReadMessage1(TestKeys.Flip(message, bit), [_keys]));
            Assert.True(responder.TryReadMessage1(message, [_keys])); // the failed attempt left no trace
        }
    }

    [Fact]
    public void Ten_thousand_strangers_meet_silence()
    {
        using var responder = Responder();
        byte[] packet = new byte[HandshakeFrames.Message1Size];
        for (int i = 0; i < 10_000; i++)
        {
            RandomNumberGenerator.Fill(packet);
            if (i % 2 == 0) "SM\u0001\0"u8.CopyTo(packet);
            Assert.False(responder.TryReadMessage1(packet.AsSpan(0, i % 7 == 0 ? i % 68 : 68), [_keys]));
        }
    }

    [Fact]
    public void Every_flipped_bit_of_the_second_and_third_message_is_refused()
    {
        var (_, message2, message3) = Transcript();
        for (int bit = 0; bit < message2.Length * 8; bit++)
        {
            using var initiator = Initiator();
            initiator.CreateMessage1();
            Refused(() => initiator.ReadMessage2(TestKeys.Flip(message2, bit)));
            Assert.Throws<InvalidOperationException>(() => initiator.CreateMessage3([], out _));
        }

        for (int bit = 0; bit < message3.Length * 8; bit++)
        {
            using var responder = AtMessage3();
            Refused(() => responder.ReadMessage3(TestKeys.Flip(message3, bit), out _, out _));
            Assert.Throws<InvalidOperationException>(() => responder.ReadMessage3(message3, out _, out _));
        }

        using var fine = AtMessage3();
        fine.ReadMessage3(message3, out var certificate, out _);
        Assert.Equal(_one.Device, certificate.Device);
    }

    [Fact]
    public void Cut_and_overlong_messages_are_refused()
    {
        var (_, message2, message3) = Transcript();
        foreach (byte[] bad in new byte[][] { [], message2[..50], message2[..^1], [.. message2, 0], new byte[HandshakeFrames.MaxMessage2 + 1] })
        {
            using var initiator = Initiator();
            initiator.CreateMessage1();
            Refused(() => initiator.ReadMessage2(bad));
        }

        foreach (byte[] bad in new byte[][] { [], message3[..63], message3[..^1], [.. message3, 0], new byte[HandshakeFrames.MaxMessage3 + 1] })
        {
            using var responder = AtMessage3();
            Refused(() => responder.ReadMessage3(bad, out _, out _));
        }
    }

    [Fact]
    public void Certificates_of_another_vault_key_or_signer_are_refused()
    {
        using var third = DeviceKeys.Create(TestKeys.Random);
        var good = _other.Certify(TestKeys.Vault, DeviceRole.Full);
        DeviceCertificate[] bad =
        [
            _other.Certify(Id32.Zero, DeviceRole.Full),
            third.Certify(TestKeys.Vault, DeviceRole.Full), // a sound certificate, of somebody else
            new(TestKeys.Vault, third.Device, _other.ExchangeKey, DeviceRole.Full, third.Sign("something else"u8)),
            new(good.VaultId, good.Device, good.ExchangeKey, DeviceRole.Administrator, good.Signature),
        ];
        foreach (var certificate in bad)
        {
            using var initiator = Initiator();
            using var responder = Responder();
            Assert.True(responder.TryReadMessage1(initiator.CreateMessage1(), [_keys]));
            Refused(() => initiator.ReadMessage2(responder.CreateMessage2(certificate)));

            using var impostor = new InitiatorHandshake(_keys, _other, certificate, ChannelBinding.Tcp, TestKeys.Random);
            using var answering = new ResponderHandshake(_one, ChannelBinding.Tcp, TestKeys.Random);
            Assert.True(answering.TryReadMessage1(impostor.CreateMessage1(), [_keys]));
            impostor.ReadMessage2(answering.CreateMessage2(_one.Certify(TestKeys.Vault, DeviceRole.Full)));
            byte[] message3 = impostor.CreateMessage3([], out _);
            Refused(() => answering.ReadMessage3(message3, out _, out _));
        }
    }

    [Fact]
    public void Another_binding_kind_vault_or_epoch_does_not_meet()
    {
        using var quic = new InitiatorHandshake(_keys, _one, _one.Certify(TestKeys.Vault, DeviceRole.Full), ChannelBinding.Quic(TestKeys.Id(1), TestKeys.Id(2)), TestKeys.Random);
        using var responder = Responder();
        Assert.False(responder.TryReadMessage1(quic.CreateMessage1(), [_keys]));
        using var initiator = Initiator();
        byte[] message = initiator.CreateMessage1();
        Assert.False(responder.TryReadMessage1(message, [Stranger()]));
        Assert.False(responder.TryReadMessage1(message, []));
        using var spliced = new NetworkKeys(_epoch.Network.Secret, Id32.Zero, _epoch.EpochId);
        Assert.False(responder.TryReadMessage1(message, [HandshakeKeys.ForEpoch(spliced)]));
    }

    [Fact]
    public void At_most_256_epochs_are_tried()
    {
        using var initiator = Initiator();
        using var responder = Responder();
        byte[] message = initiator.CreateMessage1();
        var stranger = Stranger();
        Assert.False(responder.TryReadMessage1(message, [.. Enumerable.Repeat(stranger, 256), _keys]));
        Assert.True(responder.TryReadMessage1(message, [.. Enumerable.Repeat(stranger, 255), _keys]));
    }

    [Fact]
    public void An_invite_brings_a_joiner_and_its_inviter_together()
    {
        byte[] secret = RandomNumberGenerator.GetBytes(16);
        using InviteSecret joining = new(secret, TestKeys.Vault), inviting = new(secret, TestKeys.Vault);
        using var initiator = new InitiatorHandshake(HandshakeKeys.ForInvite(joining), _one, _one.Certify(TestKeys.Vault, DeviceRole.Full), ChannelBinding.Tcp, TestKeys.Random);
        using var responder = Responder();
        byte[] message1 = initiator.CreateMessage1();
        Assert.Equal(1, message1[3]);
        Assert.True(responder.TryReadMessage1(message1, [_keys, HandshakeKeys.ForInvite(inviting)]));
        Assert.Equal((HandshakeKind.Invite, (EpochId?)null), (responder.Keys.Kind, responder.Keys.EpochId));
        initiator.ReadMessage2(responder.CreateMessage2(_other.Certify(TestKeys.Vault, DeviceRole.Administrator)));
        using var session = responder.ReadMessage3(initiator.CreateMessage3([], out var own), out var joiner, out _);
        Assert.Equal(_one.Device, joiner.Device);
        Assert.Equal(own.HandshakeHash, session.HandshakeHash);

        using var guessed = new InviteSecret(RandomNumberGenerator.GetBytes(16), TestKeys.Vault);
        using var guesser = new InitiatorHandshake(HandshakeKeys.ForInvite(guessed), _one, _one.Certify(TestKeys.Vault, DeviceRole.Full), ChannelBinding.Tcp, TestKeys.Random);
        using var silent = Responder();
        Assert.False(silent.TryReadMessage1(guesser.CreateMessage1(), [_keys, HandshakeKeys.ForInvite(inviting)]));
    }

    [Fact]
    public void A_repeated_first_message_shows_the_same_ephemeral()
    {
        using var initiator = Initiator();
        byte[] message = initiator.CreateMessage1();
        using ResponderHandshake first = Responder(), second = Responder();
        Assert.True(first.TryReadMessage1(message, [_keys]));
        Assert.True(second.TryReadMessage1(message, [_keys]));
        Assert.Equal(first.RemoteEphemeral, second.RemoteEphemeral);
        Assert.Equal(message[20..52], first.RemoteEphemeral.ToArray());
    }

    [Fact]
    public void A_low_order_ephemeral_is_refused()
    {
        byte[] zero = new byte[32];
        using var initiator = new NoiseHandshake(true, [], _one.ExchangeSecret, _epoch.Network.NoisePsk, TestKeys.Random);
        initiator.WriteMessage([]);
        Refused(() => initiator.ReadMessage([.. zero, .. RandomNumberGenerator.GetBytes(64)]));
    }

    [Fact]
    public void Frames_carry_their_length_and_announce_no_more_than_allowed()
    {
        byte[] framed = HandshakeFrames.Frame(new byte[300]);
        Assert.Equal((302, 1, 44), (framed.Length, framed[0], framed[1]));
        Assert.Equal(300, HandshakeFrames.ReadLength(framed, 300));
        Assert.Same(SyncErrors.MessageTooLarge, Assert.Throws<SyncException>(() => HandshakeFrames.ReadLength(framed, 299)).Kind);
    }

    [Fact]
    public void Steps_out_of_order_are_the_callers_mistake()
    {
        using var initiator = Initiator();
        Assert.Throws<InvalidOperationException>(() => initiator.CreateMessage3([], out _));
        using var responder = Responder();
        Assert.Throws<InvalidOperationException>(() => responder.CreateMessage2(_other.Certify(TestKeys.Vault, DeviceRole.Full)));
        Assert.Throws<InvalidOperationException>(() => responder.ReadMessage3([], out _, out _));
        Assert.Throws<InvalidOperationException>(() => responder.Keys);
    }

    private static void Refused(Action action) => Assert.Same(SyncErrors.HandshakeRefused, Assert.Throws<SyncException>(action).Kind);

    private static HandshakeKeys Stranger() => HandshakeKeys.ForEpoch(TestKeys.Epoch().Network);

    // The same ephemeral every time, so that one transcript fits every fresh handshake.
    private InitiatorHandshake Initiator() => new(_keys, _one, _one.Certify(TestKeys.Vault, DeviceRole.Full), ChannelBinding.Tcp, new FixedRandom(_ephemeralOne));

    private ResponderHandshake Responder() => new(_other, ChannelBinding.Tcp, new FixedRandom(_ephemeralOther));

    private ResponderHandshake AtMessage3()
    {
        using var initiator = Initiator();
        var responder = Responder();
        Assert.True(responder.TryReadMessage1(initiator.CreateMessage1(), [_keys]));
        responder.CreateMessage2(_other.Certify(TestKeys.Vault, DeviceRole.Full));
        return responder;
    }

    private (byte[] Message1, byte[] Message2, byte[] Message3) Transcript()
    {
        using var initiator = Initiator();
        using var responder = Responder();
        byte[] message1 = initiator.CreateMessage1();
        Assert.True(responder.TryReadMessage1(message1, [_keys]));
        byte[] message2 = responder.CreateMessage2(_other.Certify(TestKeys.Vault, DeviceRole.Full));
        initiator.ReadMessage2(message2);
        return (message1, message2, initiator.CreateMessage3("early"u8, out _));
    }
}
