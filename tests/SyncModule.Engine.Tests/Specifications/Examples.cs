using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Core.Model.Membership;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Specifications;

/// <summary>The vault of identity.json as it begins: two members, one commit each in lane 1, and what is needed to write more.</summary>
internal sealed class Examples : IDisposable
{
    /// <summary>Timestamp of the first commit; each later one is 65,536 (a millisecond) further.</summary>
    public const ulong Time = (ulong)Fixed.Now << 16;

    private readonly Ring _ring;

    public Examples()
    {
        using var secret = Fixed.Secret(Fixed.EpochSecret);
        using var indexKey = Fixed.Secret(Fixed.Counting(0x70));
        using var device = Fixed.Founder();
        using var epoch = Fixed.Epoch();
        _ring = new Ring(device, [new(epoch.EpochId, EpochSecretKind.Epoch, secret)], indexKey);
        Keys = new VaultKeys(Fixed.Vault, _ring);
        Joiner = Fixed.Joiner();
        GenesisOperation = new(Fixed.Genesis(), Keys.Device.Certify(Fixed.Vault, DeviceRole.Administrator), "desk", epoch.EpochId);
        AddOperation = new(Joiner.Certify(Fixed.Vault, DeviceRole.Full), "laptop");
        Genesis = Member(default, [], Time, GenesisOperation);
        Add = Member(new(1, Genesis.Commit.Id), [Genesis.Commit.Id], Time + 65_536, AddOperation);
        Lane = new MembershipLane(Fixed.Vault);
        foreach (var (commit, block) in new[] { Genesis, Add }) Lane.Add(commit, SealedBlocks.Open(Keys.Genesis.Membership, BlockReader.ContextOf(commit.Header, default), block).Plain);
    }

    public VaultKeys Keys { get; }

    public EpochKeys Epoch => Keys.Epochs.Values.Single();

    public DeviceKeys Joiner { get; }

    public MembershipOperation.Genesis GenesisOperation { get; }

    public MembershipOperation.Add AddOperation { get; }

    public (Commit Commit, byte[] Block) Genesis { get; }

    public (Commit Commit, byte[] Block) Add { get; }

    public MembershipLane Lane { get; }

    public CollectionTag Items => Keys.Genesis.TagOf("items");

    public static CommitBundle Bundle((Commit Commit, byte[] Block) one) => new(one.Commit.Record, [one.Block], []);

    public static byte[] Encode(Operation operation)
    {
        var writer = new CborWriter();
        operation.Write(writer);
        return writer.ToArray();
    }

    public static byte[] Encode(Dot dot)
    {
        var writer = new CborWriter();
        dot.Write(writer);
        return writer.ToArray();
    }

    public static byte[] Encode(VersionVector vector)
    {
        var writer = new CborWriter();
        vector.Write(writer);
        return writer.ToArray();
    }

    /// <summary>[dot, commit's ts, device, log, sequence]</summary>
    public static byte[] Encode(OperationOrigin origin)
    {
        var writer = new CborWriter();
        writer.WriteArray(5);
        origin.Dot.Write(writer);
        writer.WriteUInt(origin.CommitTimestamp.Value);
        writer.WriteId(origin.Device);
        writer.WriteId(origin.Log);
        writer.WriteUInt(origin.Sequence);
        return writer.ToArray();
    }

    public void Dispose()
    {
        Keys.Dispose();
        Joiner.Dispose();
        _ring.Dispose();
    }

    private (Commit Commit, byte[] Block) Member(Tip previous, IReadOnlyList<CommitId> parents, ulong time, MembershipOperation operation) =>
        MembershipWriter.Build(Keys, Fixed.MembershipLog, previous, parents, new(time), [operation]);
}
