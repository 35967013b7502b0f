using System.Text;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>Copies carry everything and overwrite nothing.</summary>
public sealed class ItemCopierTests : IDisposable
{
    private readonly MemoryVault _from = new(), _to = new();
    private readonly Vault _source, _target;

    public ItemCopierTests() => (_source, _target) = (_from.Open(), _to.Open());

    [Theory]
    [InlineData(0)]
    [InlineData(64)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(3_000_000)]
    public void Value_metadata_and_time_arrive_in_another_vault(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        _source.Put("items", "a", new MemoryStream(bytes), new Metadata().With("kind", "text").With("user.k", "v").With("user.n", 7));
        Assert.Equal(CopyOutcome.Copied, Copy("a", "b"));
        Assert.Equal(bytes, _target.Get("b"));
        var (old, copy) = (ItemFacts.Of(_source, _source.Find("items", "a")!), ItemFacts.Of(_target, _target.Find("items", "b")!));
        Assert.Equal(old.Modified, copy.Modified);
        Assert.True(Metadata.SameContent(old.Metadata, copy.Metadata));
        Assert.True(_target.IsFull());
    }

    [Fact]
    public void A_name_with_other_content_gets_a_second_version_and_equal_content_nothing()
    {
        _source.Put("a", "ours");
        _target.Put("a", "theirs");
        Assert.Equal(CopyOutcome.Conflict, Copy("a", "a"));
        Assert.Equal(2, _target.Find("items", "a")!.MostHeads);
        Assert.Equal(MergeState.Open, Assert.Single(_target.MergeRecords()).State);
        long commits = _target.Status().Commits;
        Assert.Equal(CopyOutcome.Equal, Copy("a", "a"));
        Assert.Equal(CopyOutcome.Copied, Copy("a", "b"));
        Assert.Equal(CopyOutcome.Equal, Copy("a", "b"));
        _source.Put("items", "a", new MemoryStream("ours"u8.ToArray()), new Metadata().With("user.k", "v"));
        Assert.Equal(CopyOutcome.Conflict, Copy("a", "b"));
        Assert.Equal(commits + 2, _target.Status().Commits);
    }

    [Fact]
    public void A_deleted_name_is_free_and_a_deleted_item_cannot_be_copied()
    {
        _source.Put("a", "value");
        _target.Put("a", "gone");
        _target.Delete("items", ["a"]);
        Assert.Equal(CopyOutcome.Copied, Copy("a", "a"));
        Assert.Equal(1, _target.Find("items", "a")!.MostHeads);
        _source.Delete("items", ["a"]);
        Assert.Equal(SyncErrors.ItemNotFound, Result("a", "x").Error!.Kind);
    }

    [Fact]
    public void Within_one_vault_no_byte_is_stored_again()
    {
        var bytes = new byte[300_000];
        new Random(3).NextBytes(bytes);
        _source.Put("items", "long", new MemoryStream(bytes));
        _source.Put("short", new string('s', 2000));
        long objects = _source.Status().Objects;
        var copier = new ItemCopier(_source, _source, sameVault: true);
        var results = copier.Copy([Request("long", "long 2"), Request("short", "short 2"), Request("short", "long")]);
        Assert.Equal([CopyOutcome.Copied, CopyOutcome.Copied, CopyOutcome.Conflict], results.Select(r => r.Outcome));
        Assert.Equal(objects, _source.Status().Objects);
        Assert.Equal(bytes, _source.Get("long 2"));
        Assert.Equal(new string('s', 2000), _source.GetText("short 2"));
    }

    [Fact]
    public void One_that_cannot_be_copied_does_not_keep_the_others()
    {
        _source.Put("a", "one");
        _source.Put("b", "two");
        var results = new ItemCopier(_source, _target, sameVault: false).Copy([Request("a", "x\0"), Request("b", "b"), Request("a", "twice"), Request("b", "twice")]);
        Assert.Equal([SyncErrors.NameInvalid, null, null, null], results.Select(r => r.Error?.Kind));
        Assert.Equal(("two", 2), (_target.GetText("b"), _target.Find("items", "twice")!.MostHeads));
    }

    [Fact]
    public void A_transaction_takes_copies_but_none_over_its_own_writes()
    {
        _source.Put("a", "ours");
        _target.Put("a", "theirs");
        using var transaction = _target.Begin();
        transaction.Put("items", "own", new MemoryStream(Encoding.UTF8.GetBytes(new string('o', 300))));
        var into = new ItemCopier(_source, _target, sameVault: false);
        Assert.Equal(CopyOutcome.Conflict, into.Copy(Request("a", "a"), transaction));
        Assert.Equal(CopyOutcome.Copied, into.Copy(Request("a", "new"), transaction));
        Assert.Equal(SyncErrors.NotInTransaction, Assert.Throws<SyncException>(() => into.Copy(Request("a", "own"), transaction)).Kind);

        // What the transaction itself has written can be copied by it.
        var within = new ItemCopier(transaction, _target, sameVault: true);
        Assert.Equal(CopyOutcome.Copied, within.Copy(new(transaction.Find("items", "own")!, "items", "own 2"), transaction));
        Assert.Equal(4, transaction.Commit().Puts);
        Assert.Equal(new string('o', 300), _target.GetText("own 2"));
        Assert.Equal(2, _target.Find("items", "a")!.MostHeads);
    }

    public void Dispose()
    {
        _from.Dispose();
        _to.Dispose();
    }

    private CopyRequest Request(string key, string name) => new(_source.Find("items", key)!, "items", name);

    private CopyResult Result(string key, string name) => Assert.Single(new ItemCopier(_source, _target, sameVault: false).Copy([Request(key, name)]));

    private CopyOutcome Copy(string key, string name)
    {
        var result = Result(key, name);
        Assert.Null(result.Error);
        return result.Outcome;
    }
}
