using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Tests.Nodes;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

public sealed class VaultTests
{
    [Fact]
    public void What_was_put_is_read_again_also_after_reopening()
    {
        using var test = TestVault.Create();
        test.Vault.Put("a", "one");
        test.Vault.Put("b/c", "two");
        Assert.Equal("one", test.Vault.GetText("a"));
        test.Vault.Put("a", "three");
        test.Reopen();
        Assert.Equal("three", test.Vault.GetText("a"));
        Assert.Equal("two", test.Vault.GetText("b/c"));
        Assert.Equal(2, test.Vault.Status().Items);
        Assert.True(test.Vault.Status().Full);
    }

    [Fact]
    public void Operations_of_one_commit_in_two_collections_have_names_of_their_own()
    {
        using var test = TestVault.Create();
        ItemIntent Put(string collection) => new(collection, "key", state => Writes.Put(state, collection, "key", ItemValue.FromBytes("x"u8.ToArray())));
        var result = test.Vault.Commit([new CommitJob([Put("one"), Put("two"), Put("three")], [])])[0];
        Assert.Single(result.Commits);
        Assert.Equal(3, result.Dots.Select(d => d!.Value).Distinct().Count());
        // The name that a person gives back leads to the version that was meant.
        foreach (string collection in (string[])["one", "two", "three"])
        {
            var version = Assert.Single(test.Vault.History(collection, "key"));
            Assert.Equal(version.Dot, test.Vault.Find(collection, "key")!.Item!.First.Dot);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(65_537)]
    [InlineData(300_001)]
    [InlineData(3_456_789)]
    public void Values_of_any_size_come_back_byte_for_byte(int size)
    {
        using var test = TestVault.Create();
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        test.Vault.Put("items", "blob", new MemoryStream(bytes));
        Assert.Equal(bytes, test.Vault.Get("blob"));
        test.Reopen();
        Assert.Equal(bytes, test.Vault.Get("blob"));
    }

    [Fact]
    public void Equal_content_is_stored_once()
    {
        using var test = TestVault.Create();
        var bytes = new byte[2_000_003];
        new Random(7).NextBytes(bytes);
        test.Vault.Put("items", "first", new MemoryStream(bytes));
        long objects = test.Vault.Status().Objects;
        test.Vault.Put("items", "second", new MemoryStream(bytes));
        Assert.Equal(objects, test.Vault.Status().Objects);
        Assert.Equal(bytes, test.Vault.Get("second"));
    }

    [Fact]
    public void A_deleted_item_is_gone_and_its_versions_stay()
    {
        using var test = TestVault.Create();
        test.Vault.Put("a", "one");
        Assert.Equal([true, false], test.Vault.Delete("items", ["a", "never"]));
        Assert.Equal(ItemStatus.Deleted, View.Of(test.Vault.Find("items", "a")!).Status);
        var history = test.Vault.History("items", "a");
        Assert.Equal(2, history.Count);
        Assert.False(history[0].Alive);
        Assert.True(history[1].Alive);
        Assert.Equal(0, test.Vault.Status().Items);
    }

    [Fact]
    public void An_index_that_was_deleted_is_made_again_with_the_same_digest()
    {
        using var test = TestVault.Create();
        for (int i = 0; i < 50; i++) test.Vault.Put("k" + (i % 17), "v" + i);
        var digest = test.Vault.Digest();
        test.Vault.Dispose();
        foreach (string file in Directory.GetFiles(test.Folder, "index.db*")) File.Delete(file);
        test.Reopen();
        Assert.Equal(digest, test.Vault.Digest());
    }

    [Fact]
    public void Two_openers_see_each_others_writes_and_never_reuse_a_number()
    {
        using var test = TestVault.Create();
        using var other = test.Open();
        for (int i = 0; i < 20; i++)
        {
            (i % 2 == 0 ? test.Vault : other).Put("k" + i, "v" + i);
            Assert.Equal("v" + i, (i % 2 == 0 ? other : test.Vault).GetText("k" + i));
        }

        Assert.Equal(test.Vault.Digest(), other.Digest());
        var tips = test.Vault.HeldVector(Core.Model.Lane.Data).Logs.Single().Value;
        Assert.Equal(20u, Assert.Single(tips).Sequence);
    }

    // The index follows when it likes: what was written just now is read from the log.
    [Fact]
    public void A_value_that_was_put_just_now_gets_other_metadata_at_once()
    {
        using var test = TestVault.Create();
        string text = new('x', ItemValue.MaxInState + 1); // longer than a state repeats
        for (int i = 0; i < 100; i++)
        {
            test.Vault.Put($"key{i}", text);
            test.Vault.SetMetadata("items", $"key{i}", new Metadata().With("mode", i));
        }

        Assert.Equal(text, test.Vault.GetText("key99"));
        Assert.True(test.Vault.StateFitsLog());
    }

    [Fact]
    public async Task Full_stops_in_each_log_before_the_first_commit_that_lacks_an_object_and_moves_on_when_it_comes()
    {
        await using var trio = await PairedVaults.CreateAsync(3);
        var vault = trio[0].Vault;
        trio[1].Vault.Put("a", "small");
        PutLarge(trio[1].Vault, "b", 1);
        PutLarge(trio[1].Vault, "c", 2);
        trio[1].Vault.Put("d", "small");
        trio[2].Vault.Put("e", "small");
        PutLarge(trio[2].Vault, "f", 2); // the same bytes as c
        vault.Put("own", "1");
        foreach (int i in new[] { 1, 2 }) vault.Receive([.. trio[i].Vault.CommitsBehind(Lane.Data, vault.HeldVector(Lane.Data)).Select(id => trio[i].Vault.ReadBundle(id, withSmallObjects: false)!)]);
        var (one, two) = (LogOf(1), LogOf(2));
        Assert.Equal((1UL, 1UL, 1UL), (vault.FullVector()[LogOf(0)], vault.FullVector()[one], vault.FullVector()[two]));
        Assert.False(vault.IsFull());

        await trio.SyncAsync(0, 2);
        Assert.Equal((1UL, 1UL, 2UL), (vault.FullVector()[LogOf(0)], vault.FullVector()[one], vault.FullVector()[two]));
        Assert.False(vault.IsFull());
        await trio.SyncAsync(0, 1);
        Assert.True(vault.IsFull());
        Assert.Equal(vault.AppliedVector().Logs.ToDictionary(l => l.Key, l => l.Value[^1].Sequence), vault.FullVector());

        LogId LogOf(int device) => new OwnLogs(trio[device].Vault.Local, SystemRandomSource.Instance).Data;

        static void PutLarge(Vault vault, string key, int seed)
        {
            var bytes = new byte[300_000];
            new Random(seed).NextBytes(bytes);
            vault.Put("items", key, new MemoryStream(bytes));
        }
    }
}
