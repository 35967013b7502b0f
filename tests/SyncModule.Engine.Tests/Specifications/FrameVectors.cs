using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Tests.Vaults;

namespace SyncModule.Engine.Tests.Specifications;

/// <summary>One frame of each type and form (§3).</summary>
internal static class FrameVectors
{
    private static readonly Id32 A = new(Fixed.Counting(1)), B = new(Fixed.Counting(2));

    public static VectorFile Make()
    {
        using var examples = new Examples();
        var file = new VectorFile(ProtocolVectors.Page, "frames.json", "whole frames: type, length, body");
        var held = new VersionVector();
        held.Set(Fixed.DataLog, new Tip(3, A));
        var later = held.Clone();
        later.Set(Fixed.DataLog, new Tip(4, B));
        later.Set(Fixed.MembershipLog, [new(1, A), new(1, B)]);
        file.Case("vector and its hash", ("vector", Examples.Encode(held)), ("hash", VectorHash.Of(held)))
            .Case("hash of heads", ("heads", (Id32[])[A, B]), ("hash", AckMessage.HashHeads([A, B])));
        Add("HELLO", FrameType.Hello, new HelloMessage(A, null, 1, 1, [], true, [A, B], B, SessionIntent.Push | SessionIntent.Pull).Encode());
        Add("HELLO that resumes, with a capability", FrameType.Hello, new HelloMessage(A, B, 1, 2, [new(7, true, "example")], true, [], null, SessionIntent.Pull | SessionIntent.Follow).Encode());
        Add("VECTOR: hash", FrameType.Vector, VectorMessage.Same(held).Encode());
        Add("VECTOR: change", FrameType.Vector, VectorMessage.Delta(held, later).Encode());
        Add("VECTOR: change by which logs are gone", FrameType.Vector, VectorMessage.Delta(later, held).Encode());
        Add("VECTOR: whole", FrameType.Vector, VectorMessage.Whole(held).Encode());
        Add("VECTOR: send it whole", FrameType.Vector, VectorMessage.Request.Encode());
        var writer = new ForeignWriter(Fixed.Vault, examples.Keys.Device, Fixed.DataLog);
        var (_, bundle) = writer.Write(examples.Epoch, examples.Lane.Heads, Examples.Time, [(examples.Items, OperationList.Encode([ForeignWriter.Put("items", "a", "1")]))]);
        Add("COMMITS", FrameType.Commits, new CommitsMessage([bundle]).Encode());
        Add("WANT", FrameType.Want, new AddressesMessage([B, A]).Encode());
        Add("ACCEPT", FrameType.Accept, new AddressesMessage([A]).Encode());
        Add("DATA", FrameType.Data, Data());
        Add("ACK", FrameType.Ack, new AckMessage(VectorMessage.Delta(held, later), 1, true, VectorHash.Of(later), B, AckMessage.HashHeads([A])).Encode());
        var said = Acknowledgement.Create(Fixed.Vault, examples.Keys.Device.Device, new(Examples.Time), held, true, [A, B], later, m => examples.Keys.Device.Sign(m));
        Add("ACKNOWLEDGED", FrameType.Acknowledged, new AcknowledgedMessage([said.Encode()]).Encode());
        Add("COMMITS: one that was pruned", FrameType.Commits, new CommitsMessage([bundle with { Blocks = [] }]).Encode());
        Add("COMPLETE", FrameType.Complete, new CompleteMessage(CompleteReason.Satisfied, 1, 2, 300).Encode());
        Add("MEMBERS: have", FrameType.Members, new MembersMessage(MembersStage.Have, [], held).Encode());
        Add("MEMBERS: sent", FrameType.Members, new MembersMessage(MembersStage.Sent, [], null).Encode());
        Add("MEMBERS: folded", FrameType.Members, new MembersMessage(MembersStage.Folded, [A, B], null).Encode());
        Add("FORK: question", FrameType.Fork, ForkMessage.Ask(A, 64).Encode());
        Add("FORK: end of the answer", FrameType.Fork, new ForkMessage(true, A, 2, B).Encode());
        Add("RANGE: ask for digests", FrameType.Range, new RangeMessage(RangeStep.AskDigests, 0, null, [], false).Encode());
        Add("RANGE: ask for a page", FrameType.Range, new RangeMessage(RangeStep.AskPage, 1, A, [], false).Encode());
        Add("RANGE: a page", FrameType.Range, new RangeMessage(RangeStep.Page, 1, null, [A], true).Encode());
        Add("WINDOW", FrameType.Window, new WindowMessage(262_144).Encode());
        Add("NOTIFY", FrameType.Notify, new NotifyMessage(VectorHash.Of(held)).Encode());
        Add("PING", FrameType.Ping, new PingMessage(5, false).Encode());
        Add("ERROR", FrameType.Error, ErrorMessage.Of(SyncErrors.NotAMember, "device is not a member").Encode());
        return file;

        void Add(string name, FrameType type, byte[] body) => file.Case(name, ("frame", Frame(type, body)));
    }

    internal static byte[] Frame(FrameType type, ReadOnlySpan<byte> body)
    {
        var writer = new FrameWriter();
        writer.Write(type, body);
        byte[] frame = writer.Detach().ToArray();
        ReadOnlySpan<byte> input = frame;
        Assert.True(new FrameReader().TryRead(ref input, out var read) && read.Type == type && input.IsEmpty);
        return frame;
    }

    private static byte[] Data()
    {
        byte[] body = Fixed.Counting(1, 272), record = new byte[Engine.Storage.ObjectRecord.HeaderLength + body.Length];
        Engine.Storage.ObjectRecord.WriteHeader(record, Core.Encoding.Digest.Hash(body), body.Length);
        body.CopyTo(record, Engine.Storage.ObjectRecord.HeaderLength);
        return record;
    }
}
