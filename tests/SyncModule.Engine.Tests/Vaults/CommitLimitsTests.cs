using System.Globalization;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>A commit stays within what every reader accepts (format-1 §3), whatever is written at once.</summary>
public sealed class CommitLimitsTests
{
    [Fact]
    public void Items_of_many_collections_become_commits_of_at_most_256_blocks()
    {
        using var desk = new MemoryVault();
        var author = desk.Open();
        var jobs = Enumerable.Range(0, 700).Select(i => new CommitJob([new("c" + (i % 600), "k" + i, state => Writes.Put(state, "c" + (i % 600), "k" + i, ItemValue.FromBytes(new byte[1])))], [])).ToList();
        author.Commit(jobs);
        using var laptop = desk.AddReplica(author, "laptop");
        Assert.True(ReceivedBy(laptop.Open(), author) >= 3);
    }

    [Fact]
    public void Long_metadata_counts_when_commits_are_cut()
    {
        using var desk = new MemoryVault();
        var author = desk.Open();
        author.PutMany("items", [.. Enumerable.Range(0, 8).Select(i => new PutValue("k" + i, new byte[1], Metadata(1_000_000, i)))]);
        using var laptop = desk.AddReplica(author, "laptop");
        Assert.True(ReceivedBy(laptop.Open(), author) >= 8);
    }

    [Fact]
    public void Metadata_that_do_not_fit_beside_a_commit_stand_in_an_object()
    {
        using var desk = new MemoryVault();
        var author = desk.Open();
        author.PutMany("items", [new("a", new byte[1]), new("b", new byte[1], Metadata(6_500_000, 1)), new("c", new byte[1])]);
        using var laptop = desk.AddReplica(author, "laptop");
        Assert.Equal(3, ReceivedBy(laptop.Open(), author));
        Assert.Equal(Metadata(6_500_000, 1).LargestSize, View.Of(author.Find("items", "b")!).Winner!.Metadata!.LargestSize);
    }

    [Fact]
    public void Fields_that_no_commit_can_hold_are_refused_before_anything_is_written()
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        long before = vault.Status().Commits;
        var fields = Enumerable.Range(0, 5000).ToDictionary(i => "/" + i, _ => (ReadOnlyMemory<byte>?)System.Text.Encoding.UTF8.GetBytes('"' + new string('x', 4000) + '"'));
        Assert.Equal(SyncErrors.ValueTooLarge, Assert.Throws<SyncException>(() => vault.Patch("items", "a", fields)).Kind);
        using (var transaction = vault.Begin())
        {
            Assert.Equal(SyncErrors.TransactionTooLarge, Assert.Throws<SyncException>(() => transaction.Patch("items", "a", fields)).Kind);
        }

        Assert.Equal((before, 0), (vault.Status().Commits, vault.Items().Count));
        vault.Put("c", "the vault is as it was");
    }

    // All of it arrives at another device and is the same there; gives the number of data commits.
    private static int ReceivedBy(Vault receiver, Vault author)
    {
        var bundles = author.CommitsBehind(Lane.Data, new VersionVector()).Select(id => author.ReadBundle(id, withSmallObjects: false)!).ToList();
        Assert.All(bundles, b => Assert.InRange(Core.Model.Commit.Decode(b.Record).Header.Blocks.Count, 0, Dot.MaxBlocks));
        Assert.Empty(receiver.Receive(bundles).Rejected);
        receiver.TakeObjects(author);
        Assert.Equal(author.Digest().Digest, receiver.Digest().Digest);
        return bundles.Count;
    }

    // Texts that do not compress.
    private static Metadata Metadata(int bytes, int seed)
    {
        var (random, metadata) = (new Random(seed), new Metadata());
        var piece = new byte[6000];
        for (int i = 0; i < bytes / 8000; i++)
        {
            random.NextBytes(piece);
            metadata.With("user." + i.ToString("0000", CultureInfo.InvariantCulture), Convert.ToBase64String(piece));
        }

        return metadata;
    }
}
