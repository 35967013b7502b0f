using System.Text;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

public sealed class PutManyTests
{
    [Fact]
    public void Many_values_of_all_lengths_are_what_single_puts_would_have_made()
    {
        using var one = new MemoryVault();
        var vault = one.Open();
        var values = Enumerable.Range(0, 300).Select(i => new PutValue($"k/{i:D3}", Bytes(i), i % 7 == 0 ? new Metadata().With("user.n", i) : null)).ToList();
        var result = vault.PutMany("items", values);
        Assert.Equal(values.Count, result.Dots.Count(d => d is not null));
        Assert.Equal(values.Count, result.Dots.Distinct().Count());
        foreach (var value in values)
        {
            Assert.Equal(value.Bytes.ToArray(), vault.Get(value.Key));
            var head = View.Of(vault.Find("items", value.Key)!).Winner!;
            // Equal bytes have equal content, whichever way they came in: else they would be a conflict between two devices.
            vault.Put("other", value.Key, new MemoryStream(value.Bytes.ToArray()), value.Metadata);
            var single = View.Of(vault.Find("other", value.Key)!).Winner!;
            Assert.True(head.SameAs(single));
            Assert.Equal(head.Content, single.Content);
        }

        Assert.True(vault.IsFull());
        var digest = vault.Digest();
        one.Stores.DeleteIndex();
        Assert.Equal(digest, one.Open().Digest());
    }

    [Fact]
    public void A_key_that_comes_twice_has_the_later_value()
    {
        using var test = TestVault.Create();
        test.Vault.PutMany("items", [new("a", "1"u8.ToArray()), new("b", "2"u8.ToArray()), new("a", "3"u8.ToArray())]);
        Assert.Equal("3", test.Vault.GetText("a"));
        Assert.Equal("2", test.Vault.GetText("b"));
        Assert.Empty(test.Vault.MergeRecords());
    }

    [Fact]
    public void Metadata_that_are_made_under_the_lock_see_the_item_as_it_is_then()
    {
        using var test = TestVault.Create();
        var seen = new List<string?>();
        Metadata? Note(KeyState? state)
        {
            seen.Add(state is null ? null : Encoding.UTF8.GetString(View.Of(state).Winner!.Value!.Inline.Span));
            return new Metadata().With("user.n", seen.Count);
        }

        test.Vault.PutMany("items", [new("a", "first"u8.ToArray()) { MetadataOf = Note }, new("a", "second"u8.ToArray()) { MetadataOf = Note }]);
        Assert.Equal("second", test.Vault.GetText("a"));
        Assert.Equal(2, test.Vault.History("items", "a").Count());
        Assert.Equal([null, "first"], seen.TakeLast(2));
        var head = Assert.Single(test.Vault.Find("items", "a")!.Item!.Heads);
        Assert.Equal(seen.Count, head.Metadata!.Number("user.n"));
    }

    [Fact]
    public void Values_of_any_size_stand_in_one_commit_after_it_was_opened_again()
    {
        using var test = TestVault.Create();
        var large = new byte[400_001];
        new Random(1).NextBytes(large);
        Assert.Single(test.Vault.PutMany("items", [new("a", "one"u8.ToArray()), new("large", large), new("b", "two"u8.ToArray()), new("none", default)]).Commits);
        test.Reopen();
        Assert.Equal("one", test.Vault.GetText("a"));
        Assert.Equal("two", test.Vault.GetText("b"));
        Assert.Equal("", test.Vault.GetText("none"));
        Assert.Equal(large, test.Vault.Get("large"));
    }

    [Fact]
    public void A_name_that_is_none_stores_nothing_of_the_lot()
    {
        using var test = TestVault.Create();
        Assert.Equal(SyncErrors.NameInvalid, Assert.Throws<SyncException>(() => test.Vault.PutMany("items", [new("a", "1"u8.ToArray()), new("", "2"u8.ToArray())])).Kind);
        Assert.Null(test.Vault.Find("items", "a"));
        Assert.Empty(test.Vault.PutMany("items", []).Commits);
    }

    [Fact]
    public void What_is_put_again_before_the_index_has_it_replaces_what_was_there()
    {
        using var test = TestVault.Create();
        for (int round = 0; round < 5; round++) test.Vault.PutMany("items", [.. Enumerable.Range(0, 200).Select(i => new PutValue($"{i}", BitConverter.GetBytes(round)))]);
        Assert.Equal(200, test.Vault.Status().Items);
        for (int i = 0; i < 200; i++) Assert.Equal(BitConverter.GetBytes(4), test.Vault.Get($"{i}"));
        Assert.Empty(test.Vault.MergeRecords());
        Assert.Equal(200, test.Vault.Delete("items", [.. Enumerable.Range(0, 200).Select(i => $"{i}")]).Count(d => d));
        Assert.Equal(0, test.Vault.Status().Items);
    }

    private static byte[] Bytes(int i)
    {
        int length = i switch { 100 => 4096, 101 => 4097, 102 => 70_000, 103 => 1_300_000, _ => i * 13 % 4097 };
        var bytes = new byte[length];
        new Random(i).NextBytes(bytes);
        return bytes;
    }
}
