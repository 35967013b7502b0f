using System.Security.Cryptography;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Cryptography.Noise;

namespace SyncModule.Engine.Tests.Cryptography;

public class NoiseTransportTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16_385)]
    [InlineData(NoiseTransport.MaxPlaintext)]
    public void Messages_of_every_size_pass_both_ways(int length)
    {
        var (one, other) = Pair();
        byte[] plain = RandomNumberGenerator.GetBytes(length);
        for (int i = 0; i < 3; i++)
        {
            byte[] message = one.Encrypt(plain), answer = other.Encrypt(plain);
            Assert.Equal(length + NoiseTransport.Overhead, message.Length);
            Assert.Equal(plain, other.Decrypt(message));
            Assert.Equal(plain, one.Decrypt(answer));
        }

        Assert.Equal((3ul, 3ul), (other.ReceiveNonce, other.SendNonce));
        Assert.Equal(one.HandshakeHash, other.HandshakeHash);
    }

    [Fact]
    public void Every_flipped_bit_closes_the_transport_and_moves_no_counter()
    {
        byte[] plain = RandomNumberGenerator.GetBytes(37);
        int bits = (plain.Length + NoiseTransport.Overhead) * 8;
        for (int bit = 0; bit < bits; bit++)
        {
            var (one, other) = Pair();
            other.Decrypt(one.Encrypt("before"u8));
            byte[] message = one.Encrypt(plain);
            var error = Assert.Throws<SyncException>(() => other.Decrypt(TestKeys.Flip(message, bit)));
            Assert.Same(SyncErrors.ProtocolViolation, error.Kind);
            Assert.Equal(1ul, other.ReceiveNonce);
            Assert.True(other.IsClosed);
            Assert.Same(SyncErrors.SessionLost, Assert.Throws<SyncException>(() => other.Decrypt(message)).Kind);
            Assert.Same(SyncErrors.SessionLost, Assert.Throws<SyncException>(() => other.Encrypt(plain)).Kind);
        }
    }

    [Fact]
    public void A_failed_open_leaves_the_cipher_as_it_was()
    {
        byte[] key = RandomNumberGenerator.GetBytes(32), plain = RandomNumberGenerator.GetBytes(33), message = new byte[49], opened = new byte[33];
        using CipherState sender = new(), receiver = new();
        sender.InitializeKey(key);
        receiver.InitializeKey(key);
        sender.Encrypt([1], plain, message);
        for (int bit = 0; bit < message.Length * 8; bit++)
        {
            Assert.False(receiver.TryDecrypt([1], TestKeys.Flip(message, bit), opened, out _));
            Assert.Equal(0ul, receiver.Nonce);
            Assert.Equal(new byte[33], opened);
        }

        Assert.False(receiver.TryDecrypt([2], message, opened, out _));
        Assert.False(receiver.TryDecrypt([1], message.AsSpan(0, 15), opened, out _));
        Assert.True(receiver.TryDecrypt([1], message, opened, out int length));
        Assert.Equal((33, 1ul), (length, receiver.Nonce));
        Assert.Equal(plain, opened);
    }

    [Fact]
    public void Replayed_reordered_cut_and_oversized_messages_do_not_open()
    {
        foreach (var break_ in new Func<byte[], byte[], byte[]>[] { (a, _) => a, (_, b) => [.. b, 0], (_, b) => b[..^1], (_, _) => [], (_, _) => new byte[65_536] })
        {
            var (one, other) = Pair();
            byte[] a = one.Encrypt("a"u8), b = one.Encrypt("b"u8);
            other.Decrypt(a);
            Assert.Same(SyncErrors.ProtocolViolation, Assert.Throws<SyncException>(() => other.Decrypt(break_(a, b))).Kind);
            Assert.Equal(1ul, other.ReceiveNonce);
        }

        var (x, y) = Pair();
        x.Encrypt("a"u8);
        byte[] second = x.Encrypt("b"u8);
        Assert.Throws<SyncException>(() => y.Decrypt(second));
        var (own, _) = Pair();
        Assert.Throws<SyncException>(() => own.Decrypt(own.Encrypt("reflected"u8)));
    }

    [Fact]
    public void Keys_change_after_every_16384_messages_of_one_direction()
    {
        var (one, other) = Pair();
        var fresh = Fixed();
        byte[] message = new byte[17], plain = new byte[1];
        for (ulong i = 0; i < (2 * NoiseTransport.MessagesPerKey) + 3; i++)
        {
            int length = one.Encrypt([(byte)i], message);
            Assert.Equal(1, other.Decrypt(message.AsSpan(0, length), plain));
            Assert.Equal((byte)i, plain[0]);
        }

        Assert.Equal((2 * NoiseTransport.MessagesPerKey) + 3, other.ReceiveNonce);

        // The other direction still has its first key; and the counter goes on where the key changed.
        Assert.Equal("x"u8.ToArray(), one.Decrypt(other.Encrypt("x"u8)));
        using CipherState first = fresh(), rekeyed = fresh();
        for (ulong i = 0; i < NoiseTransport.MessagesPerKey; i++)
        {
            first.Encrypt([], [0], message);
            rekeyed.Encrypt([], [0], message);
        }

        rekeyed.Rekey();
        byte[] under = new byte[17], over = new byte[17];
        first.Encrypt([], [7], under);
        rekeyed.Encrypt([], [7], over);
        Assert.NotEqual(under, over);
        Assert.Equal(first.Nonce, rekeyed.Nonce);
    }

    /// <summary>Two ends that both forget it would understand each other; so the message is compared with one under the cipher that changed its key.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void The_message_after_16384_others_is_sealed_under_the_next_key(int keysBefore)
    {
        var fresh = Fixed();
        using var transport = new NoiseTransport((fresh(), fresh()), default);
        using var expected = fresh();
        byte[] message = new byte[17], other = new byte[17];
        for (ulong i = 0; i < ((ulong)keysBefore + 1) * NoiseTransport.MessagesPerKey; i++)
        {
            transport.Encrypt([1], message);
            expected.Encrypt([], [1], other);
            Assert.Equal(message, other);
            if ((i + 1) % NoiseTransport.MessagesPerKey == 0) expected.Rekey();
        }

        transport.Encrypt([1], message);
        expected.Encrypt([], [1], other);
        Assert.Equal(message, other);
    }

    [Fact]
    public void Rekey_is_the_encryption_of_zeros_under_the_last_nonce()
    {
        byte[] key = RandomNumberGenerator.GetBytes(32), next = new byte[32], tag = new byte[16], expected = new byte[18], actual = new byte[18];
        using (var gcm = new AesGcm(key, 16)) gcm.Encrypt([0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255], new byte[32].AsSpan(), next, tag);
        using CipherState rekeyed = new(), direct = new();
        rekeyed.InitializeKey(key);
        rekeyed.Rekey();
        direct.InitializeKey(next);
        rekeyed.Encrypt([], [1, 2], actual);
        direct.Encrypt([], [1, 2], expected);
        Assert.Equal(expected, actual);
    }

    [Fact]
    public void Too_long_a_plaintext_or_too_short_a_destination_is_the_callers_mistake()
    {
        var (one, other) = Pair();
        Assert.Throws<ArgumentException>(() => one.Encrypt(new byte[NoiseTransport.MaxPlaintext + 1]));
        Assert.Throws<ArgumentException>(() => one.Encrypt(new byte[10], new byte[25]));
        byte[] message = one.Encrypt(new byte[10]);
        Assert.Throws<ArgumentException>(() => other.Decrypt(message, new byte[9]));
        Assert.Equal(new byte[10], other.Decrypt(message));
    }

    private static Func<CipherState> Fixed()
    {
        byte[] key = RandomNumberGenerator.GetBytes(32);
        return () =>
        {
            var state = new CipherState();
            state.InitializeKey(key);
            return state;
        };
    }

    private static (NoiseTransport One, NoiseTransport Other) Pair()
    {
        using SecretKey a = new(TestKeys.Random), b = new(TestKeys.Random), psk = new(TestKeys.Random);
        using NoiseHandshake initiator = new(true, "p"u8, a, psk, TestKeys.Random), responder = new(false, "p"u8, b, psk, TestKeys.Random);
        responder.ReadMessage(initiator.WriteMessage([]));
        initiator.ReadMessage(responder.WriteMessage([]));
        responder.ReadMessage(initiator.WriteMessage([]));
        return (new NoiseTransport(initiator), new NoiseTransport(responder));
    }
}
