using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Tests.Specifications;

/// <summary>Devices, certificates, the genesis record and what a signature covers (§5).</summary>
internal static class IdentityVectors
{
    public static VectorFile Make()
    {
        var file = new VectorFile(CryptographyVectors.Page, "identity.json", "two devices, the genesis record of their vault, certificates and signatures");
        using var founder = Fixed.Founder();
        using var joiner = Fixed.Joiner();
        var commitId = Digest.Hash("a commit"u8);
        return file
            .Case("founder", ("seed", Fixed.FounderSeed), ("ed", founder.Device), ("xSecret", Fixed.FounderExchange), ("x", founder.ExchangeKey))
            .Case("joiner", ("seed", Fixed.JoinerSeed), ("ed", joiner.Device), ("xSecret", Fixed.JoinerExchange), ("x", joiner.ExchangeKey))
            .Case("genesis record", ("random", Fixed.GenesisRandom), ("record", Fixed.Genesis().Encode()), ("vaultId", Fixed.Vault))
            .Case("founder's certificate", Certificate(founder, DeviceRole.Administrator))
            .Case("joiner's certificate", Certificate(joiner, DeviceRole.Full))
            .Case("signature of a commit", ("id", commitId), ("signed", Signed(commitId)), ("signature", founder.Sign(Signed(commitId))))
            .Case("low-order X25519 keys that are refused", ("keys", LowOrder()));
    }

    private static (string Field, object Value)[] Certificate(DeviceKeys device, DeviceRole role)
    {
        var certificate = device.Certify(Fixed.Vault, role);
        Assert.True(certificate.HasValidSignature(SignatureVerifier.Instance));
        return [("signed", DeviceCertificate.SignedMessage(Fixed.Vault, device.Device, device.ExchangeKey, role)), ("certificate", certificate.Encode())];
    }

    private static byte[] Signed(CommitId id) => [.. Labels.CommitSignature, .. id.ToArray()];

    private static Id32[] LowOrder()
    {
        Id32[] keys =
        [
            new(new byte[32]),
            Id32.FromHex("01" + new string('0', 62)),
            Id32.FromHex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
            Id32.FromHex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
            Id32.FromHex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        ];
        Assert.All(keys, k => Assert.True(DeviceKeys.IsLowOrder(k)));
        return keys;
    }
}
