using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Core.Model.Membership;

namespace SyncModule.Core.Tests.Model;

public class MembershipEncodingTests
{
    private readonly MembershipBuilder _vault = new();

    [Fact]
    public void Operations_come_back_from_their_bytes()
    {
        var operations = MembershipOperationList.Decode(MembershipOperationList.Encode([_vault.Genesis.Operations[0], _vault.Add(3, DeviceRole.Keyless, "Zoë's phone")]));
        var genesis = Assert.IsType<MembershipOperation.Genesis>(operations[0]);
        var add = Assert.IsType<MembershipOperation.Add>(operations[1]);
        Assert.Equal(_vault.Vault, genesis.Record.ComputeVaultId());
        Assert.Equal(MembershipBuilder.Epoch, genesis.Epoch);
        Assert.Equal("Zoë's phone", add.Name);
        Assert.Equal(DeviceRole.Keyless, add.Certificate.Role);
        Assert.True(add.Certificate.HasValidSignature(_vault));
    }

    [Fact]
    public void A_certificate_signs_each_of_its_fields()
    {
        var certificate = _vault.Certificate(1);
        Assert.True(certificate.HasValidSignature(_vault));
        Assert.False(certificate.With(vault: MembershipBuilder.Epoch).HasValidSignature(_vault));
        Assert.False(certificate.With(device: MembershipBuilder.Device(2)).HasValidSignature(_vault));
        Assert.False(certificate.With(exchangeKey: MembershipBuilder.X(2)).HasValidSignature(_vault));
        Assert.False(certificate.With(role: DeviceRole.Administrator).HasValidSignature(_vault));
        byte[] signature = certificate.Signature.ToArray();
        signature[63] ^= 1;
        Assert.False(certificate.With(signature: signature).HasValidSignature(_vault));
    }

    [Fact]
    public void The_vault_id_depends_on_every_field_of_the_record()
    {
        var record = _vault.Record;
        Id32[] ids =
        [
            record.ComputeVaultId(),
            (record with { Policy = MembershipPolicy.Administrators }).ComputeVaultId(),
            (record with { Founder = MembershipBuilder.Device(1) }).ComputeVaultId(),
            (record with { FounderExchangeKey = MembershipBuilder.X(1) }).ComputeVaultId(),
            (record with { Random = default }).ComputeVaultId(),
        ];
        Assert.Equal(ids.Length, ids.Distinct().Count());
    }

    [Fact]
    public void Cut_or_longer_certificates_and_records_are_refused()
    {
        byte[] certificate = _vault.Certificate(1).Encode();
        byte[] record = _vault.Record.Encode();
        for (int length = 0; length < certificate.Length; length++) Assert.Throws<VaultFormatException>(() => DeviceCertificate.Decode(certificate.AsSpan(0, length)));
        for (int length = 0; length < record.Length; length++) Assert.Throws<VaultFormatException>(() => GenesisRecord.Decode(record.AsSpan(0, length)));
        Assert.Throws<VaultFormatException>(() => DeviceCertificate.Decode([.. certificate, 0]));
        Assert.Throws<VaultFormatException>(() => GenesisRecord.Decode([.. record, 0]));
    }

    [Fact]
    public void Broken_operations_are_malformed_and_newer_ones_unknown()
    {
        byte[] good = MembershipOperationList.Encode([_vault.Add(1)]);
        Assert.IsType<MembershipOperation.Malformed>(MembershipOperationList.Decode(good.AsSpan(0, 40))[0]);
        // [[65]], [[]], [7], [["x"]]
        foreach (byte[] broken in (byte[][])[[0x81, 0x81, 0x18, 65], [0x81, 0x80], [0x81, 7], [0x81, 0x81, 0x61, 0x78]])
        {
            Assert.IsType<MembershipOperation.Malformed>(Assert.Single(MembershipOperationList.Decode(broken)));
        }

        // [[66, 1]], [[1]]
        Assert.Equal(new MembershipOperation.Unknown(66), Assert.Single(MembershipOperationList.Decode([0x81, 0x82, 0x18, 66, 1])));
        Assert.Equal(new MembershipOperation.Unknown(1), Assert.Single(MembershipOperationList.Decode([0x81, 0x81, 1])));
        // [[65, certificate of format 2, "n"]]: the certificate's version follows the array head of the byte string's content.
        int version = good.AsSpan().IndexOf((byte[])[0x86, 1]) + 1;
        good[version] = 2;
        Assert.Equal(new MembershipOperation.Unknown(65), Assert.Single(MembershipOperationList.Decode(good)));
    }

    [Fact]
    public void Random_damage_never_escapes_the_decoder()
    {
        byte[] good = MembershipOperationList.Encode([_vault.Genesis.Operations[0], _vault.Add(1)]);
        var random = new Random(5);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. good];
            for (int n = random.Next(1, 4); n > 0; n--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            Assert.NotEmpty(MembershipOperationList.Decode(bytes.AsSpan(0, random.Next(1, bytes.Length + 1))));
        }
    }
}
