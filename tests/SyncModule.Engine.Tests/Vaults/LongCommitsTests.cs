using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>Many changes at once: the commits that they are cut into are sealed at the same time and stand as if one had been made after the other.</summary>
public sealed class LongCommitsTests
{
    [Theory]
    [InlineData(500, 1)]
    [InlineData(1000, 2)]
    [InlineData(1500, 3)]
    [InlineData(2500, 5)]
    public void Each_value_has_its_own_version_in_commits_that_follow_each_other(int count, int commits)
    {
        using var test = TestVault.Create();
        var first = test.Vault.PutMany("items", Values(count, 1));
        var second = test.Vault.PutMany("items", Values(count, 2));
        Assert.Equal((commits, commits), (first.Commits.Count, second.Commits.Count));
        Assert.Equal(count, first.Dots.Distinct().Count());
        Assert.Equal(2UL * (ulong)commits, test.Vault.HeldVector(Lane.Data).Logs.Single().Value[^1].Sequence);
        Check(test.Vault, second);
        var digest = test.Vault.Digest();
        test.Reopen();
        Check(test.Vault, second);
        Assert.Equal(digest, test.Vault.Digest());

        void Check(Vault vault, CommitResult result)
        {
            for (int i = 0; i < count; i++)
            {
                var head = Assert.Single(vault.Find("items", Key(i))!.Item!.Heads);
                Assert.Equal(result.Dots[i], head.Dot);
                Assert.Equal(Value(i, 2), vault.Get(Key(i)));
                Assert.Equal(vault.Keys.Genesis.ContentOf(Core.Encoding.Digest.Hash(Value(i, 2))), head.Content);
            }

            Assert.Empty(vault.MergeRecords());
        }
    }

    [Fact]
    public void A_value_that_comes_again_behind_a_full_commit_replaces_the_one_in_it()
    {
        using var test = TestVault.Create();
        var values = Values(1400, 1);
        values[900] = values[3] with { Bytes = Value(3, 7) };
        values[1399] = values[3] with { Bytes = Value(3, 9) };
        var result = test.Vault.PutMany("items", values);
        var head = Assert.Single(test.Vault.Find("items", Key(3))!.Item!.Heads);
        Assert.Equal(result.Dots[1399], head.Dot);
        Assert.Equal(Value(3, 9), test.Vault.Get(Key(3)));
        Assert.Equal(3, test.Vault.History("items", Key(3)).Count);
        Assert.Empty(test.Vault.MergeRecords());
    }

    [Fact]
    public void Long_commits_of_several_collections_and_an_atomic_one_stand_in_their_order()
    {
        using var test = TestVault.Create();
        var jobs = new List<CommitJob>();
        foreach (bool atomic in new[] { false, true, false })
        {
            var intents = new List<ItemIntent>();
            for (int i = 0; i < 1200; i++)
            {
                string collection = i % 3 == 0 ? "items" : "others", key = Key(i);
                byte[] bytes = Value(i, jobs.Count);
                intents.Add(new(collection, key, state => Core.Merging.Writes.Put(state, collection, key, ItemValue.FromBytes(bytes), content: test.Vault.Keys.Genesis.ContentOf(Core.Encoding.Digest.Hash(bytes)))));
            }

            jobs.Add(new(intents, [], atomic));
        }

        var results = test.Vault.Commit(jobs);
        Assert.Single(results[1].Commits);
        test.Reopen();
        for (int i = 0; i < 1200; i++)
        {
            string collection = i % 3 == 0 ? "items" : "others";
            var head = Assert.Single(test.Vault.Find(collection, Key(i))!.Item!.Heads);
            Assert.Equal(results[2].Dots[i], head.Dot);
            Assert.Equal(Value(i, 2), test.Vault.ReadValue(head.Value!).SelectMany(p => p));
        }
    }

    private static string Key(int i) => $"item/{i:D6}";

    private static PutValue[] Values(int count, int version) => [.. Enumerable.Range(0, count).Select(i => new PutValue(Key(i), Value(i, version)))];

    private static byte[] Value(int i, int version)
    {
        var bytes = new byte[1024];
        new Random((i * 16) + version).NextBytes(bytes);
        return bytes;
    }
}
