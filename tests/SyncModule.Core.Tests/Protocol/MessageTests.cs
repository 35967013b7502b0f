using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Core.Protocol;

namespace SyncModule.Core.Tests.Protocol;

public class MessageTests
{
    private delegate byte[] Recode(ReadOnlySpan<byte> body);

    private static readonly Id32 One = FakeReplica.Bytes32("id", 1);

    private static VersionVector Vector(int logs)
    {
        var vector = new VersionVector();
        for (int i = 0; i < logs; i++) vector.Set(FakeReplica.Log("log", i), [new Tip((ulong)i + 1, FakeReplica.Bytes32("tip", i)), new Tip((ulong)i + 3, One)]);
        return vector;
    }

    private static readonly (FrameType Type, byte[] Body, Recode Recode)[] Samples =
    [
        (FrameType.Hello, new HelloMessage(One, One, 1, 3, [new(7, true, "scope"), new(9, false, "x")], true, [One], One, SessionIntent.Push | SessionIntent.Follow).Encode(), b => HelloMessage.Decode(b).Encode()),
        (FrameType.Hello, new HelloMessage(One, null, 1, 1, [], false, [], null, SessionIntent.None).Encode(), b => HelloMessage.Decode(b).Encode()),
        (FrameType.Vector, VectorMessage.Same(Vector(3)).Encode(), b => VectorMessage.Decode(b).Encode()),
        (FrameType.Vector, VectorMessage.Whole(Vector(3)).Encode(), b => VectorMessage.Decode(b).Encode()),
        (FrameType.Vector, VectorMessage.Delta(Vector(5), Vector(3)).Encode(), b => VectorMessage.Decode(b).Encode()),
        (FrameType.Vector, VectorMessage.Request.Encode(), b => VectorMessage.Decode(b).Encode()),
        (FrameType.Commits, new CommitsMessage([new([1, 2], [[3], []], []), new([4], [], [])]).Encode(), b => CommitsMessage.Decode(b).Encode()),
        (FrameType.Want, new AddressesMessage([One, One]).Encode(), b => AddressesMessage.Decode(b).Encode()),
        (FrameType.Ack, new AckMessage(VectorMessage.Delta(Vector(2), Vector(4)), 9, true, One, One, One).Encode(), b => AckMessage.Decode(b).Encode()),
        (FrameType.Ack, new AckMessage(VectorMessage.Same(Vector(1)), 0, false, One, null, One).Encode(), b => AckMessage.Decode(b).Encode()),
        (FrameType.Complete, new CompleteMessage(CompleteReason.Satisfied, 1, 2, ulong.MaxValue).Encode(), b => CompleteMessage.Decode(b).Encode()),
        (FrameType.Error, ErrorMessage.Of(SyncErrors.NotAMember, "why").Encode(), b => ErrorMessage.Decode(b).Encode()),
        (FrameType.Notify, new NotifyMessage(One).Encode(), b => NotifyMessage.Decode(b).Encode()),
        (FrameType.Ping, new PingMessage(300, true).Encode(), b => PingMessage.Decode(b).Encode()),
        (FrameType.Window, new WindowMessage(70_000).Encode(), b => WindowMessage.Decode(b).Encode()),
        (FrameType.Members, new MembersMessage(MembersStage.Have, [One], Vector(2)).Encode(), b => MembersMessage.Decode(b).Encode()),
        (FrameType.Members, new MembersMessage(MembersStage.Folded, [One], null).Encode(), b => MembersMessage.Decode(b).Encode()),
        (FrameType.Range, new RangeMessage(RangeStep.AskDigests, 0, null, [], false).Encode(), b => RangeMessage.Decode(b).Encode()),
        (FrameType.Range, new RangeMessage(RangeStep.Digests, 0, null, [.. Enumerable.Repeat(One, 256)], false).Encode(), b => RangeMessage.Decode(b).Encode()),
        (FrameType.Range, new RangeMessage(RangeStep.AskPage, 200, One, [], false).Encode(), b => RangeMessage.Decode(b).Encode()),
        (FrameType.Range, new RangeMessage(RangeStep.Page, 3, null, [One], true).Encode(), b => RangeMessage.Decode(b).Encode()),
        (FrameType.Fork, ForkMessage.Ask(One, 64).Encode(), b => ForkMessage.Decode(b).Encode()),
        (FrameType.Fork, new ForkMessage(true, One, 3, One).Encode(), b => ForkMessage.Decode(b).Encode()),
        (FrameType.Join, new JoinMessage("laptop", [1, 2, 3]).Encode(), b => JoinMessage.Decode(b).Encode()),
        (FrameType.Grant, new GrantMessage(One, [new([1], [[2]], [])], [new(One, One)], "desk", ["10.0.0.1:4711"]).Encode(), b => GrantMessage.Decode(b).Encode()),
    ];

    /// <summary>A well-formed body of every type, for the tests that feed sessions.</summary>
    public static IEnumerable<(FrameType Type, byte[] Body)> WellFormed => Samples.Select(s => (s.Type, s.Body)).Append((FrameType.Accept, Samples[7].Body)).Append((FrameType.Data, FakeReplica.Record(One, [1, 2, 3])));

    [Fact]
    public void EveryMessageHasOneEncoding()
    {
        foreach (var (_, body, recode) in Samples) Assert.Equal(body, recode(body));
    }

    [Fact]
    public void AnyChangedByteIsRefusedOrStillCanonical()
    {
        var random = new Random(3);
        foreach (var (type, body, recode) in Samples)
        {
            for (int i = 0; i < 4_000; i++)
            {
                var changed = body.ToArray();
                changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
                if (random.Next(4) == 0) changed = changed[..random.Next(changed.Length)];
                try
                {
                    // Peers' texts are cleaned, an unknown scope is only told apart from 0, unknown intents are dropped: those may differ.
                    var again = recode(changed);
                    if (type is not (FrameType.Hello or FrameType.Error)) Assert.Equal(changed, again);
                }
                catch (VaultFormatException)
                {
                }
            }
        }
    }

    [Fact]
    public void ADeltaGivesTheVectorBackOnTheSameBaseOnly()
    {
        var (old, now) = (Vector(5), Vector(3));
        now.Set(FakeReplica.Log("new", 1), new Tip(8, One));
        var delta = VectorMessage.Decode(VectorMessage.Delta(old, now).Encode());
        Assert.True(delta.Resolve([null, now, old])!.SameAs(now));
        Assert.Null(delta.Resolve([null, now]));
        Assert.Equal(VectorForm.Hash, VectorMessage.Delta(now, now.Clone()).Form);
        Assert.True(VectorMessage.Same(now).Resolve([old, now])!.SameAs(now));
    }

    [Fact]
    public void WordsOfAPeerCarryNoControlCharacters()
    {
        var error = new ErrorMessage(9_999, "Bad\u001b[2J", "a\r\nb\u202ec").Encode();
        var read = ErrorMessage.Decode(error);
        Assert.Equal("Bad?[2J", read.ErrorId);
        Assert.Equal("a??b?c", read.Detail);
        Assert.Equal(SyncErrors.SessionLost, read.Kind);
    }

    [Fact]
    public void OwnTroublesOfThePeerAreALostSessionHere()
    {
        Assert.Equal(SyncErrors.SessionLost, ErrorMessage.Of(SyncErrors.DiskFull, "x").Kind);
        Assert.Equal(SyncErrors.VersionMismatch, ErrorMessage.Of(SyncErrors.VersionMismatch, new string('é', 5_000)).Kind);
        Assert.Equal("VersionMismatch", ErrorMessage.Decode(ErrorMessage.Of(SyncErrors.VersionMismatch, new string('é', 5_000)).Encode()).ErrorId);
    }

    [Fact]
    public void ObjectRecordsAreWalkedInsideTheirBounds()
    {
        byte[] two = [.. FakeReplica.Record(One, new byte[7]), .. FakeReplica.Record(One, [1])];
        var addresses = new List<Id32>();
        Assert.Equal(2, ObjectRecord.Walk(two, addresses));
        for (int cut = 1; cut < two.Length; cut++)
        {
            if (cut == ObjectRecord.HeaderSize + 7) continue;
            Assert.Throws<VaultFormatException>(() => ObjectRecord.Walk(two.AsSpan(0, cut), addresses));
        }

        Assert.Throws<VaultFormatException>(() => ObjectRecord.Walk(FakeReplica.Record(One, []), addresses));
    }
}
