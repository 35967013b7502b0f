using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Tests.Cryptography;

public sealed class DeviceKeysTests : IDisposable
{
    private readonly DeviceKeys _device = DeviceKeys.Create(TestKeys.Random);

    public void Dispose() => _device.Dispose();

    [Fact]
    public void A_certificate_survives_its_encoding_and_verifies()
    {
        var certificate = _device.Certify(TestKeys.Vault, DeviceRole.Administrator);
        byte[] encoded = certificate.Encode();
        Assert.Equal(DeviceCertificate.EncodedSize, encoded.Length);
        var read = DeviceCertificate.Decode(encoded);
        Assert.Equal((certificate.VaultId, certificate.Device, certificate.ExchangeKey, certificate.Role), (read.VaultId, read.Device, read.ExchangeKey, read.Role));
        Assert.True(read.HasValidSignature(SignatureVerifier.Instance));
        Assert.Equal(_device.Device, read.Device);
    }

    [Fact]
    public void No_flipped_bit_of_a_certificate_is_accepted()
    {
        byte[] encoded = _device.Certify(TestKeys.Vault, DeviceRole.Full).Encode();
        for (int bit = 0; bit < encoded.Length * 8; bit++)
        {
            byte[] flipped = TestKeys.Flip(encoded, bit);
            DeviceCertificate certificate;
            try
            {
                certificate = DeviceCertificate.Decode(flipped);
            }
            catch (VaultFormatException)
            {
                continue;
            }

            Assert.False(certificate.HasValidSignature(SignatureVerifier.Instance), $"bit {bit}");
        }
    }

    [Fact]
    public void The_vault_id_is_the_hash_of_the_genesis_record()
    {
        var record = new GenesisRecord(TestKeys.Id(1), _device.Device, _device.ExchangeKey, MembershipPolicy.EveryFullMember);
        byte[] encoded = record.Encode();
        Assert.Equal(record, GenesisRecord.Decode(encoded));
        Assert.Equal(Digest.Hash([.. "syncmodule/1/genesis\0"u8, .. encoded]), record.ComputeVaultId());
        Assert.NotEqual(record.ComputeVaultId(), (record with { Policy = MembershipPolicy.Administrators }).ComputeVaultId());
        Assert.Throws<VaultFormatException>(() => GenesisRecord.Decode([.. encoded, 0]));
        Assert.Throws<VaultFormatException>(() => GenesisRecord.Decode([.. encoded[..^1], 2]));
        Assert.Throws<VaultFormatException>(() => GenesisRecord.Decode(encoded.AsSpan(0, encoded.Length - 1)));
    }

    [Fact]
    public void A_signature_is_of_one_message_and_one_key()
    {
        byte[] signature = _device.Sign("message"u8);
        var verifier = SignatureVerifier.Instance;
        Assert.True(verifier.Verify(_device.Device, "message"u8, signature));
        Assert.False(verifier.Verify(_device.Device, "messagf"u8, signature));
        Assert.False(verifier.Verify(TestKeys.Id(1), "message"u8, signature));
        Assert.False(verifier.Verify(_device.Device, "message"u8, signature.AsSpan(1)));
        Assert.False(verifier.Verify(_device.Device, "message"u8, []));
        for (int bit = 0; bit < 512; bit++) Assert.False(verifier.Verify(_device.Device, "message"u8, TestKeys.Flip(signature, bit)));
    }

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")]
    [InlineData("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    public void Points_of_low_order_are_found_with_and_without_the_ignored_bit(string hex)
    {
        byte[] point = Convert.FromHexString(hex);
        Assert.True(DeviceKeys.IsLowOrder(new Id32(point)));
        point[31] ^= 0x80;
        Assert.True(DeviceKeys.IsLowOrder(new Id32(point)));
    }

    [Fact]
    public void Honest_points_are_not_of_low_order()
    {
        Assert.False(DeviceKeys.IsLowOrder(_device.ExchangeKey));
        Assert.False(DeviceKeys.IsLowOrder(TestKeys.Id(9)));
    }

    [Fact]
    public void The_same_secrets_give_the_same_device_and_dispose_ends_it()
    {
        var copy = new DeviceKeys(_device.SigningSeed, _device.ExchangeSecret);
        Assert.Equal((_device.Device, _device.ExchangeKey), (copy.Device, copy.ExchangeKey));
        Assert.Equal(_device.Sign("x"u8), copy.Sign("x"u8));
        copy.Dispose();
        Assert.Throws<ObjectDisposedException>(() => copy.Sign("x"u8));
        Assert.Equal(_device.Device.ToString(), _device.ToString());
    }
}
