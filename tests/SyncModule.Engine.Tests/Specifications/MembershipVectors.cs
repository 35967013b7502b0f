using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Core.Model.Membership;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Specifications;

/// <summary>The membership lane (§10).</summary>
internal static class MembershipVectors
{
    public static VectorFile Make()
    {
        using var examples = new Examples();
        var file = new VectorFile(VaultFormatVectors.Page, "membership.json", "the first two commits of lane 1 in the vault of identity.json, and commits that have no effect");
        Add("genesis", examples.Genesis);
        Add("add", examples.Add);
        file.Case("their fold", ("heads", examples.Lane.Heads), ("members", examples.Lane.Fold.Members.Select(m => m.Device)), ("roles", examples.Lane.Fold.Members.Select(m => (int)m.Certificate.Role)), ("namesText", examples.Lane.Fold.Members.Select(m => m.Name)));
        AddPowerless(file, examples);
        file.Case("unknown: an add around a certificate of another format", ("plain", Unknown(NewerCertificate(examples))))
            .Case("unknown: a reserved kind", ("plain", Unknown(Convert.FromHexString("81811842"))))
            .Case("malformed: an add of four fields, whose certificate is no array", ("plain", Malformed(Convert.FromHexString("818418414100616100"))));
        return file;

        void Add(string name, (Commit Commit, byte[] Block) one) =>
            file.Case(name, ("plain", Plain(examples, one)), ("block", one.Block), ("id", one.Commit.Id), ("record", one.Commit.Record));
    }

    // A stranger adds itself, in good form: the signature is right and the commit has no effect.
    private static void AddPowerless(VectorFile file, Examples examples)
    {
        using var seed = Fixed.Secret(Fixed.Counting(0x33));
        using var exchange = Fixed.Secret(Fixed.Counting(0x53));
        using var stranger = new DeviceKeys(seed, exchange);
        byte[] plain = MembershipOperationList.Encode([new MembershipOperation.Add(stranger.Certify(Fixed.Vault, DeviceRole.Full), "stranger")]);
        var context = new BlockContext(Fixed.Vault, stranger.Device, new(Fixed.Counting(0x90, 16)), 1, default);
        byte[] block = SealedBlocks.Seal(examples.Keys.Genesis.Membership, context, plain, compress: false);
        var header = new CommitHeader(Fixed.Vault, Lane.Membership, stranger.Device, context.Log, 1, default, [], [examples.Genesis.Commit.Id], new(Examples.Time), CommitFlags.None, [new(default, BlockIds.Compute(block), block.Length)]);
        var commit = Commit.Create(header, bytes => stranger.Sign(bytes));
        examples.Lane.Add(commit, plain);
        Assert.Equal(MembershipStanding.Invalid, examples.Lane.Fold.StandingOf(commit.Id));
        Assert.Equal(2, examples.Lane.Fold.Members.Count);
        file.Case("invalid: a stranger adds itself", ("plain", plain), ("block", block), ("id", commit.Id), ("record", commit.Record))
            .Case("heads of the three", ("heads", examples.Lane.Heads));
    }

    private static byte[] Plain(Examples examples, (Commit Commit, byte[] Block) one) =>
        SealedBlocks.Open(examples.Keys.Genesis.Membership, BlockReader.ContextOf(one.Commit.Header, default), one.Block).Plain;

    private static byte[] NewerCertificate(Examples examples)
    {
        byte[] certificate = examples.AddOperation.Certificate.Encode();
        certificate[1] = 2;
        var writer = new CborWriter();
        writer.WriteArray(1);
        writer.WriteArray(3);
        writer.WriteUInt(65);
        writer.WriteBytes(certificate);
        writer.WriteText("tablet");
        return writer.ToArray();
    }

    private static byte[] Unknown(byte[] plain)
    {
        Assert.IsType<MembershipOperation.Unknown>(Assert.Single(MembershipOperationList.Decode(plain)));
        return plain;
    }

    private static byte[] Malformed(byte[] plain)
    {
        Assert.IsType<MembershipOperation.Malformed>(Assert.Single(MembershipOperationList.Decode(plain)));
        return plain;
    }
}
