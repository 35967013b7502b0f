using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>Commits of a member whose program keeps to the format in form only: whatever it writes, nobody's vault stops opening.</summary>
public sealed class ForeignCommitTests : IDisposable
{
    private readonly TestVault _test = TestVault.Create();
    private readonly DeviceKeys _device = DeviceKeys.Create(SystemRandomSource.Instance);
    private readonly ForeignWriter _writer;

    public ForeignCommitTests()
    {
        _test.Vault.AddMember(_device.Certify(_test.Vault.Id, DeviceRole.Full), "other");
        _writer = new(_test.Vault.Id, _device, new(Guid.NewGuid().ToByteArray()));
    }

    public void Dispose()
    {
        _device.Dispose();
        _test.Dispose();
    }

    [Theory]
    [InlineData("a\ufffe")]
    [InlineData("\ufffe")]
    [InlineData("u\u0308ber")]
    public void A_name_that_is_not_canonical_is_malformed_and_stops_nothing(string name)
    {
        var before = _test.Vault.Items();
        Receive([ForeignWriter.Put("items", name, "1"), ForeignWriter.Put("items", "good", "2")]);
        Assert.Equal(before.Count + 1, _test.Vault.Items().Count);
        Assert.Equal("2", _test.Vault.GetText("good"));
        Assert.True(_test.Vault.Digest().Full);
        _test.Reopen();
        Assert.Equal("2", _test.Vault.GetText("good"));
    }

    [Fact]
    public void A_collection_whose_name_is_not_canonical_is_malformed_too()
    {
        Receive([ForeignWriter.Put("items\ufffe", "bad", "1"), ForeignWriter.Put("items", "good", "2")]);
        Assert.Equal(["good"], _test.Vault.Items().Select(i => i.Key));
    }

    [Fact]
    public void A_flag_of_a_newer_version_parks_the_log_like_an_unknown_kind()
    {
        Receive([ForeignWriter.Put("items", "before", "1")]);
        Receive([ForeignWriter.Put("items", "parked", "2")], (CommitFlags)0x8000);
        Receive([ForeignWriter.Put("items", "behind", "3")]);
        Assert.Equal(["before"], _test.Vault.Items().Select(i => i.Key));
        Assert.Equal(3ul, _test.Vault.HeldVector(Lane.Data).Sequence(_writer.Log));
        Assert.Equal(1ul, _test.Vault.AppliedVector().Sequence(_writer.Log));
        Assert.False(_test.Vault.Digest().Full);
    }

    [Fact]
    public void What_an_atomic_commit_voided_is_in_no_history_and_no_record()
    {
        var one = Receive([ForeignWriter.Put("items", "key", "1")]);
        var voided = Receive([ForeignWriter.Put("items", "key", "2"), ForeignWriter.Put("items", "u\u0308", "3")], CommitFlags.Atomic);
        Assert.Equal("1", _test.Vault.GetText("key"));
        Receive([ForeignWriter.Put("items", "key", "4", new(one.Id, 0), new(voided.Id, 0))]);
        Assert.Equal("4", _test.Vault.GetText("key"));
        Assert.Empty(_test.Vault.MergeRecords());
        Assert.DoesNotContain(_test.Vault.History("items", "key"), v => v.Dot.Commit == voided.Id);
        Assert.True(_test.Vault.Digest().Full);
    }

    [Fact]
    public void A_block_that_stands_in_an_object_is_wanted_and_applied_when_it_arrives()
    {
        var vault = _test.Vault;
        var epoch = vault.Keys.Epochs.Values.Single();
        byte[] plain = OperationList.Encode([ForeignWriter.Put("items", "key", "1")]), destination = new byte[SealedObjects.MaxSealedLength(plain.Length)];
        var reference = SealedObjects.Seal(epoch, ObjectKind.Block, plain, compress: false, destination, out int length);
        var (_, bundle) = _writer.WriteSealed(vault.Membership.Heads, 1, [(vault.Keys.Genesis.TagOf("items"), context => SealedBlocks.SealReference(epoch.Blocks, context, reference))]);
        vault.Receive([bundle]);
        Receive([ForeignWriter.Put("items", "behind", "2")]);
        Assert.Equal([reference.Address], vault.WantedObjects(10, new HashSet<ObjectAddress>()));
        Assert.Empty(vault.Items());
        vault.Put("own", "3"); // applied first here, and last where the index is made anew
        byte[] record = new byte[ObjectRecord.HeaderLength + length];
        ObjectRecord.WriteHeader(record, reference.Address, length);
        destination.AsSpan(0, length).CopyTo(record.AsSpan(ObjectRecord.HeaderLength));
        using (var objects = vault.NewObjectReceiver()) objects.Store(record, flush: true);
        Assert.Equal(["behind", "key", "own"], vault.Items().Select(i => i.Key));
        Assert.True(vault.Digest().Full);
        Assert.True(vault.StateFitsLog());
        vault.RemakeIndex();
        Assert.Equal("1", vault.GetText("key"));
    }

    private Commit Receive(IReadOnlyList<Operation> operations, CommitFlags flags = CommitFlags.None)
    {
        var vault = _test.Vault;
        var (commit, bundle) = _writer.Write(vault.Keys.Epochs.Values.Single(), vault.Membership.Heads, 1, [(vault.Keys.Genesis.TagOf("items"), OperationList.Encode(operations))], flags: flags);
        Assert.Empty(vault.Receive([bundle]).Rejected);
        return commit;
    }
}
