using System.Text;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>Many values at once.</summary>
public sealed class PutsTests
{
    [Fact]
    public void Many_values_become_one_commit_and_come_back_in_any_size()
    {
        using var test = TestVault.Create();
        var large = new byte[400_001];
        new Random(1).NextBytes(large);
        var result = test.Vault.Put("items", [Put("a", "one"), Put("b", "two"), new("large", large, _ => null)]);
        Assert.Single(result.Commits);
        test.Reopen();
        Assert.Equal("one", test.Vault.GetText("a"));
        Assert.Equal("two", test.Vault.GetText("b"));
        Assert.Equal(large, test.Vault.Get("large"));
    }

    [Fact]
    public void A_name_that_comes_twice_has_both_versions_and_its_metadata_see_the_first()
    {
        using var test = TestVault.Create();
        var seen = new List<string?>();
        Metadata? Note(KeyState? state)
        {
            seen.Add(state is null ? null : Encoding.UTF8.GetString(View.Of(state).Winner!.Value!.Inline.Span));
            return null;
        }

        test.Vault.Put("items", [new("a", "first"u8.ToArray(), Note), new("a", "second"u8.ToArray(), Note)]);
        Assert.Equal("second", test.Vault.GetText("a"));
        Assert.Equal(2, test.Vault.History("items", "a").Count());
        Assert.Equal([null, "first"], seen.TakeLast(2));
        Assert.Single(test.Vault.Find("items", "a")!.Item!.Heads);
    }

    [Fact]
    public void A_wrong_name_among_them_stores_none()
    {
        using var test = TestVault.Create();
        Assert.Equal("NameInvalid", Assert.Throws<SyncException>(() => test.Vault.Put("items", [Put("a", "one"), Put("", "two")])).ErrorId);
        Assert.Null(test.Vault.Find("items", "a"));
    }

    private static ItemPut Put(string key, string text) => new(key, Encoding.UTF8.GetBytes(text), _ => null);
}
