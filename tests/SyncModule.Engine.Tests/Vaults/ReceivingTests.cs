using System.Text;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>What others send is checked before it is stored (format-1 §5, §6).</summary>
public sealed class ReceivingTests
{
    [Fact]
    public void A_commit_whose_signature_does_not_fit_is_refused_and_the_others_of_the_batch_are_taken()
    {
        using var desk = new MemoryVault();
        var author = desk.Open();
        using var laptop = desk.AddReplica(author, "laptop");
        var receiver = laptop.Open();
        author.Put("a", "one");
        author.Put("b", "two");
        var bundles = Behind(author, Lane.Data, receiver);
        Assert.Equal(2, bundles.Count);
        byte[] forged = [.. bundles[1].Record];
        forged[^1] ^= 1; // the record ends with the signature; its id is the same
        var result = receiver.Receive([bundles[0], bundles[1] with { Record = forged }]);
        Assert.Equal((1, 1), (result.Stored, result.Rejected.Count));
        Assert.Equal("one", receiver.GetText("a"));
        Assert.Null(receiver.Find("items", "b"));
        Assert.Equal(1, receiver.Receive(bundles).Stored);
        Assert.Equal("two", receiver.GetText("b"));
    }

    [Fact]
    public void An_object_that_does_not_match_its_address_is_neither_stored_nor_listed()
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        ObjectAddress good = Digest.Hash("good"u8), bad = Digest.Hash("what it says it is"u8);
        using var receiver = vault.NewObjectReceiver();
        var result = receiver.Store((byte[])[.. Record(good, "good"), .. Record(bad, "what it is")], flush: true);
        Assert.Equal([good], result.Stored);
        Assert.Equal([bad], result.Rejected);
        Assert.True(vault.HasObject(good));
        Assert.False(vault.HasObject(bad));
    }

    [Fact]
    public void Content_whose_object_is_gone_is_stored_again()
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        var bytes = new byte[20_000];
        new Random(4).NextBytes(bytes);
        vault.Put("items", "first", new MemoryStream(bytes));
        var address = vault.Find("items", "first")!.Item!.First.Value!.Reference!.Value.Address;
        // As a sweep leaves it: the map of what was once sealed outlives the object.
        ((IIndexAccess)vault).Change(step =>
        {
            step.Rows.Transaction.Delete(IndexTables.Object, address.ToArray());
            return 0;
        });
        Assert.False(vault.HasObject(address));
        vault.Put("items", "second", new MemoryStream(bytes));
        Assert.Equal(bytes, vault.Get("second"));
        Assert.True(vault.HasObject(address));
    }

    [Fact]
    public void A_commit_is_applied_when_the_last_of_the_membership_that_it_names_arrives()
    {
        // The desk adds all but the phone, which the laptop adds; the tablet hears of the phone before it hears of the laptop.
        using var desk = new MemoryVault();
        var d = desk.Open();
        using var tablet = desk.AddReplica(d, "tablet");
        var t = tablet.Open();
        using var laptop = desk.AddReplica(d, "laptop");
        var l = laptop.Open();
        using var phone = laptop.AddReplica(l, "phone");
        var p = phone.Open();
        p.Put("a", "one");
        t.Receive(Behind(l, Lane.Membership, d));
        t.Receive(Behind(p, Lane.Data, t));
        Assert.Null(t.Find("items", "a"));
        t.Receive(Behind(d, Lane.Membership, t));
        Assert.Equal("one", t.GetText("a"));
        Assert.Equal(0, t.Status().Waiting);
    }

    private static List<CommitBundle> Behind(Vault author, Lane lane, Vault other) =>
        [.. author.CommitsBehind(lane, other.HeldVector(lane)).Select(id => author.ReadBundle(id, withSmallObjects: false)!)];

    private static byte[] Record(ObjectAddress address, string body)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        var record = new byte[Engine.Storage.ObjectRecord.HeaderLength + bytes.Length];
        Engine.Storage.ObjectRecord.WriteHeader(record, address, bytes.Length);
        bytes.CopyTo(record, Engine.Storage.ObjectRecord.HeaderLength);
        return record;
    }
}
