using System.Text;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Tests.Vaults;

public sealed class ManyOpenersTests
{
    [Fact]
    public void Four_openers_write_at_once_while_the_index_is_deleted_twice()
    {
        using var test = TestVault.Create();
        const int Openers = 4, Each = 40;
        var openers = Enumerable.Range(0, Openers).Select(_ => test.Open()).ToArray();
        Exception? failure = null;
        var threads = openers.Select((vault, n) => new Thread(() =>
        {
            try
            {
                for (int i = 0; i < Each; i++)
                {
                    vault.Put("items", $"{n}/{i}", new MemoryStream(Value(n, i)));
                    if (n == 0 && i is 10 or 25) DeleteIndex(test.Folder);
                }
            }
            catch (Exception e)
            {
                failure = e;
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        Assert.Null(failure);
        var digest = openers[0].Digest();
        foreach (var vault in openers)
        {
            Assert.Equal(digest, vault.Digest());
            vault.Dispose();
        }

        test.Reopen();
        Assert.Equal(digest, test.Vault.Digest());
        var log = Assert.Single(test.Vault.HeldVector(Lane.Data).Logs);
        Assert.Equal((ulong)(Openers * Each), Assert.Single(log.Value).Sequence);
        for (int n = 0; n < Openers; n++)
        {
            for (int i = 0; i < Each; i++) Assert.Equal(Value(n, i), test.Vault.Get($"{n}/{i}"));
        }

        Assert.Empty(test.Vault.MergeRecords());
        Assert.True(test.Vault.Status().Full);
    }

    [Fact]
    public async Task Jobs_of_many_threads_are_written_in_few_groups_and_each_is_durable_when_it_completes()
    {
        using var test = TestVault.Create();
        var jobs = Enumerable.Range(0, 64).Select(t => Task.Run(async () =>
        {
            for (int i = 0; i < 20; i++)
            {
                string key = $"{t}/{i}";
                var value = ItemValue.FromBytes(Encoding.UTF8.GetBytes(key));
                var result = await test.Vault.CommitAsync([new([new("items", key, state => Writes.Put(state, "items", key, value))], [])]);
                Assert.Single(result[0].Commits);
            }
        }));
        await Task.WhenAll(jobs);

        Assert.Equal(1280, test.Vault.Status().Items);
        test.Reopen();
        Assert.Equal("63/19", test.Vault.GetText("63/19"));
    }

    // Inline, in the log beside the commit, and in packs.
    private static byte[] Value(int opener, int number)
    {
        var bytes = new byte[number % 10 == 1 ? 1_500_001 : number % 5 == 0 ? 70_001 : 19];
        new Random((opener * 1000) + number).NextBytes(bytes);
        return bytes;
    }

    private static void DeleteIndex(string folder)
    {
        foreach (string file in new[] { "index.db", "index.db-wal", "index.db-shm" }) File.Delete(Path.Combine(folder, file));
    }
}
