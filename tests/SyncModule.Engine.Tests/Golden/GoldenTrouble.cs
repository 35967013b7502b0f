using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Tests.Vaults;
using SyncModule.Simulation;

namespace SyncModule.Engine.Tests.Golden;

/// <summary>
/// The second half of the golden vault: what a reader must hold apart. A member whose program breaks rules, one branch too many of a log, a
/// stranger, an operation of a newer version, commits that wait.
/// </summary>
internal sealed class GoldenTrouble
{
    private readonly GoldenStory _story;
    private readonly SeededVault _desk;
    private readonly DeviceKeys _device;
    private readonly ForeignWriter _writer;

    public GoldenTrouble(GoldenStory story)
    {
        _story = story;
        _desk = story.Desk;
        var random = new SeededRandom(104);
        _device = DeviceKeys.Create(random);
        _desk.Vault.AddMember(_device.Certify(_desk.Vault.Id, DeviceRole.Full), "other program");
        _writer = new(_desk.Vault.Id, _device, NewLog(random));
    }

    private EpochKeys Epoch => _desk.Vault.Keys.Epochs.Values.Single();

    private IReadOnlyList<CommitId> Members => _desk.Vault.Membership.Heads;

    private CollectionTag Items => _desk.Vault.Keys.Genesis.TagOf("items");

    private ulong Now => (ulong)(_story.Time.Milliseconds += 10) << 16;

    public void Tell()
    {
        BreakRules();
        BlockInAnObject();
        Fork();
        Stranger();
        Wait();
        Newer();
        _device.Dispose();
    }

    private void BreakRules()
    {
        var good = Put("trouble/good", "the only one of its commit that counts");
        Receive([ForeignWriter.Put("items", "trouble/u\u0308", "not NFC"), good, ForeignWriter.Put("items", "trouble/\ufffe", "no character"), ForeignWriter.Put("settings", "trouble", "in the block of another collection")]);
        Receive([Put("trouble/voided", "by its neighbour"), Put("trouble/u\u0308", "not NFC")], CommitFlags.Atomic);
        // A block that is no block, and one that is no array of operations.
        Deliver(_writer.WriteSealed(Members, Now, [(Items, _ => [.. Epoch.EpochId.ToArray(), .. new byte[400]])]));
        Deliver(_writer.Write(Epoch, Members, Now, [(Items, [0xf6])]));
        // Two heads of one item in one commit.
        Receive([Put("trouble/twice", "first"), Put("trouble/twice", "second")]);
        // It replaces what it does not depend on.
        var seen = _desk.Vault.Find("items", "notes/same")!.Item!.First.Dot;
        Receive([ForeignWriter.Put("items", "notes/same", "replaced without a dep", seen)]);
    }

    // Codec 255: the block is a reference, the operations are an object.
    private void BlockInAnObject()
    {
        byte[] plain = OperationList.Encode([Put("trouble/large-block", "its operations stand in an object")]), destination = new byte[SealedObjects.MaxSealedLength(plain.Length)];
        var reference = SealedObjects.Seal(Epoch, ObjectKind.Block, plain, compress: false, destination, out int length);
        byte[] record = new byte[Engine.Storage.ObjectRecord.HeaderLength + length];
        Engine.Storage.ObjectRecord.WriteHeader(record, reference.Address, length);
        destination.AsSpan(0, length).CopyTo(record.AsSpan(Engine.Storage.ObjectRecord.HeaderLength));
        Deliver(_writer.WriteSealed(Members, Now, [(Items, context => SealedBlocks.SealReference(Epoch.Blocks, context, reference))]));
        using var objects = _desk.Vault.NewObjectReceiver();
        objects.Store(record, flush: true);
        Assert.NotNull(_desk.Vault.Find("items", "trouble/large-block"));
    }

    // The laptop's log as a clone of its disk would have gone on; the laptop then finds out and starts a new one.
    private void Fork()
    {
        var tip = _story.Put(_story.Laptop, "fork", "of the laptop").Commit;
        var row = _story.Laptop.Vault.FindCommit(tip)!;
        var clone = new ForeignWriter(_desk.Vault.Id, _story.Laptop.Vault.Keys.Device, row.Log);
        clone.GoBackTo(row.Sequence - 1, row.Previous);
        Deliver(clone.Write(Epoch, Members, Now, [(Items, OperationList.Encode([Put("fork", "of its clone")]))]));
        _story.Sync(_story.Laptop, _desk);
        _story.Put(_story.Laptop, "fork-seen", "in a new log");
        _story.Sync(_story.Laptop, _desk);
        Assert.Equal(2, _desk.Vault.AppliedVector()[row.Log].Count);
        _story.Put(_desk, "fork-behind", "depends on both branches");
    }

    private void Stranger()
    {
        var random = new SeededRandom(105);
        using var device = DeviceKeys.Create(random);
        var stranger = new ForeignWriter(_desk.Vault.Id, device, NewLog(random));
        Deliver(stranger.Write(Epoch, Members, Now, [(Items, OperationList.Encode([Put("trouble/stranger", "has no effect")]))]));
    }

    // One commit whose dep is not here, one whose predecessor is not.
    private void Wait()
    {
        var random = new SeededRandom(106);
        Deliver(_writer.Write(Epoch, Members, Now, [(Items, OperationList.Encode([Put("trouble/waits", "for ever")]))], [Missing(random)]));
        var loose = new ForeignWriter(_desk.Vault.Id, _device, NewLog(random));
        loose.GoBackTo(1, Missing(random));
        Deliver(loose.Write(Epoch, Members, Now, [(Items, OperationList.Encode([Put("trouble/loose", "stands on nothing")]))]));
    }

    // In a log of its own, so that nothing else of the device is parked with it.
    private void Newer()
    {
        var newer = new ForeignWriter(_desk.Vault.Id, _device, NewLog(new SeededRandom(107)));
        Deliver(newer.Write(Epoch, Members, Now, [(Items, OperationList.Encode([Put("newer/before", "counts")]))]));
        Deliver(newer.Write(Epoch, Members, Now, [(Items, OperationList.Encode([Put("newer/kind", "of a newer version") with { Kind = (OperationKind)200 }]))]));
        Deliver(newer.Write(Epoch, Members, Now, [(Items, OperationList.Encode([Put("newer/behind", "parked with it")]))]));
        Assert.False(_desk.Vault.Digest().Full);
        Assert.NotNull(_desk.Vault.Find("items", "newer/before"));
        Assert.Null(_desk.Vault.Find("items", "newer/behind"));
    }

    private static Operation Put(string key, string value) => ForeignWriter.Put("items", key, value);

    private static LogId NewLog(SeededRandom random)
    {
        var bytes = new byte[Id16.Size];
        random.Fill(bytes);
        return new(bytes);
    }

    private static CommitId Missing(SeededRandom random)
    {
        var bytes = new byte[Id32.Size];
        random.Fill(bytes);
        return new(bytes);
    }

    private void Receive(IReadOnlyList<Operation> operations, CommitFlags flags = CommitFlags.None) =>
        Deliver(_writer.Write(Epoch, Members, Now, [(Items, OperationList.Encode(operations))], flags: flags));

    private void Deliver((Commit Commit, CommitBundle Bundle) written) => Assert.Empty(_desk.Vault.Receive([written.Bundle]).Rejected);
}
