using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

public sealed class RecentCommitsTests
{
    [Fact]
    public void What_follows_on_the_peers_tip_is_there_and_the_log_is_the_same()
    {
        using var test = TestVault.Create();
        var vectors = new List<VersionVector> { test.Vault.HeldVector(Lane.Data) };
        for (int i = 0; i < 5; i++)
        {
            test.Vault.Put("k" + i, "v" + i);
            vectors.Add(test.Vault.HeldVector(Lane.Data));
        }

        var held = vectors[^1];
        for (int i = 0; i <= 5; i++)
        {
            var fresh = test.Vault.Fresh(vectors[i])!;
            Assert.Equal(5 - i, fresh.Bundles.Count);
            Assert.Equal(held[fresh.Log], [fresh.End]);
            var ids = fresh.Bundles.Select(b => Commit.Decode(b.Record).Id).ToList();
            Assert.Equal(test.Vault.CommitsBehind(Lane.Data, vectors[i]), ids);
            foreach (var (id, bundle) in ids.Zip(fresh.Bundles))
            {
                var stored = test.Vault.ReadBundle(id, withSmallObjects: true)!;
                Assert.Equal(stored.Record, bundle.Record);
                Assert.Equal(stored.Blocks, bundle.Blocks);
                Assert.Empty(stored.SmallObjects);
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Nothing_of_a_put_can_be_sent_before_the_disk_has_it(bool fails)
    {
        using var memory = new MemoryVault();
        var vault = memory.Open();
        vault.Put("first", "1");
        var before = vault.HeldVector(Lane.Data);
        int told = 0;
        vault.Changed += () => told++;
        var seen = new List<(int Told, int Fresh)>();
        memory.Disk.FaultHook = call =>
        {
            if (call.Operation != "sync" || !call.Path.StartsWith("log/", StringComparison.Ordinal)) return null;
            seen.Add((told, vault.Fresh(before)!.Bundles.Count));
            return fails ? DiskFault.Failed : null;
        };
        if (fails) Assert.Throws<SyncException>(() => vault.Put("second", "2"));
        else vault.Put("second", "2");
        memory.Disk.FaultHook = null;
        Assert.Equal((0, 0), seen[0]);
        Assert.Equal(fails ? 0 : 1, told);
        Assert.Equal(fails ? 0 : 1, vault.Fresh(before)!.Bundles.Count);
        Assert.Equal(fails, vault.Find("items", "second") is null);
    }

    [Fact]
    public void Nothing_is_certain_after_objects_another_openers_commit_or_a_peers()
    {
        using var test = TestVault.Create();
        test.Vault.Put("small", "1");
        var before = test.Vault.HeldVector(Lane.Data);
        test.Vault.Put("items", "object", new MemoryStream(new byte[10_000]));
        test.Vault.Put("small", "2");
        Assert.Null(test.Vault.Fresh(before)); // the object's commit is not in memory
        before = test.Vault.HeldVector(Lane.Data);
        using (var other = test.Open()) other.Put("small", "3");
        test.Vault.Put("small", "4");
        Assert.Null(test.Vault.Fresh(before));
        before = test.Vault.HeldVector(Lane.Data);
        test.Vault.Put("small", "5");
        Assert.Single(test.Vault.Fresh(before)!.Bundles);
        test.Reopen();
        Assert.Null(test.Vault.Fresh(before));
    }

    [Fact]
    public void Large_commits_are_read_from_the_log_and_not_sent_when_they_are_damaged()
    {
        using var test = TestVault.Create();
        var before = test.Vault.HeldVector(Lane.Data);
        var random = new Random(3);
        for (int c = 0; c < 2; c++)
        {
            var intents = Enumerable.Range(0, 100).Select(i =>
            {
                var bytes = new byte[2000];
                random.NextBytes(bytes);
                return new ItemIntent("items", $"k{c}/{i}", state => Writes.Put(state, "items", $"k{c}/{i}", ItemValue.FromBytes(bytes)));
            });
            test.Vault.Commit([new([.. intents], [])]);
        }

        var fresh = test.Vault.Fresh(before)!;
        Assert.Equal(test.Vault.CommitsBehind(Lane.Data, before), fresh.Bundles.Select(b => Commit.Decode(b.Record).Id));
        foreach (var bundle in fresh.Bundles)
        {
            var stored = test.Vault.ReadBundle(Commit.Decode(bundle.Record).Id, withSmallObjects: true)!;
            Assert.Equal(stored.Record, bundle.Record);
            Assert.Equal(stored.Blocks, bundle.Blocks);
        }

        using (var log = new FileStream(Path.Combine(test.Folder, LogFormat.SegmentPath(1)), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            var bytes = new byte[log.Length];
            log.ReadExactly(bytes);
            int at = bytes.AsSpan().IndexOf(fresh.Bundles[1].Blocks[0].AsSpan(100, 32));
            log.Position = at;
            log.WriteByte((byte)(bytes[at] ^ 1));
        }

        Assert.Equal(SyncErrors.LogDamaged, Assert.Throws<SyncException>(() => fresh.Bundles[1]).Kind);
        Assert.NotNull(fresh.Bundles[0]);
    }
}
