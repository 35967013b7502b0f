using System.Text.Json;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Cryptography.Noise;
using SyncModule.Tests.Shared;

namespace SyncModule.Engine.Tests.Cryptography;

/// <summary>
/// The handshake against published transcripts, byte for byte: both patterns of the one cipher suite that the format has. Those of
/// other suites in the file are not for a program that has no other suite.
/// </summary>
public class NoiseVectorTests
{
    [VectorTheory("noise")]
    [InlineData("Noise_XX_25519_AESGCM_SHA256")]
    [InlineData("Noise_XXpsk3_25519_AESGCM_SHA256")]
    public void Transcripts_are_byte_equal_in_both_roles(string protocol)
    {
        var vector = Vectors.Json("noise", "cacophony-xx-ik.json").GetProperty("vectors").EnumerateArray()
            .Single(v => string.Equals(v.GetProperty("protocol_name").GetString(), protocol, StringComparison.Ordinal));
        using var initiator = Create(vector, "init", initiator: true);
        using var responder = Create(vector, "resp", initiator: false);
        var messages = vector.GetProperty("messages").EnumerateArray().ToArray();
        Assert.True(messages.Length > 3);
        for (int i = 0; i < 3; i++)
        {
            var (writer, reader) = i % 2 == 0 ? (initiator, responder) : (responder, initiator);
            byte[] payload = Hex(messages[i], "payload"), message = writer.WriteMessage(payload);
            Assert.Equal(Hex(messages[i], "ciphertext"), message);
            Assert.Equal(payload, reader.ReadMessage(message));
        }

        Assert.Equal(new Id32(Hex(vector, "handshake_hash")), initiator.HandshakeHash);
        Assert.Equal(new Id32(Hex(vector, "handshake_hash")), responder.HandshakeHash);
        using NoiseTransport one = new(initiator), other = new(responder);
        for (int i = 3; i < messages.Length; i++)
        {
            var (sender, receiver) = i % 2 == 0 ? (one, other) : (other, one);
            byte[] payload = Hex(messages[i], "payload"), message = sender.Encrypt(payload);
            Assert.Equal(Hex(messages[i], "ciphertext"), message);
            Assert.Equal(payload, receiver.Decrypt(message));
        }
    }

    private static NoiseHandshake Create(JsonElement vector, string side, bool initiator)
    {
        using var secret = new SecretKey(Hex(vector, side + "_static"));
        SecretKey? psk = vector.TryGetProperty(side + "_psks", out var psks) && psks.GetArrayLength() == 1 ? new SecretKey(Convert.FromHexString(psks[0].GetString()!)) : null;
        return new NoiseHandshake(initiator, Hex(vector, side + "_prologue"), secret, psk, new FixedRandom(Hex(vector, side + "_ephemeral")));
    }

    private static byte[] Hex(JsonElement element, string name) => Convert.FromHexString(element.GetProperty(name).GetString()!);
}
