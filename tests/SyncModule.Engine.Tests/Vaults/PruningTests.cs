using System.Security.Cryptography;
using System.Text;
using SyncModule.Core.Model;
using SyncModule.Engine.Tests.Nodes;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>Old versions go from one device's disk (format-1 §8); over real sessions and folders.</summary>
public sealed class PruningTests
{
    [Fact]
    public async Task What_was_replaced_before_everybody_had_it_goes_and_what_stands_stays()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        Fill(a);
        await pair.SyncAsync(1, 0);
        Conflict(a, b);
        await pair.SyncAsync(1, 0);
        var before = Seen.Of(a);
        long bytes = SizeOf(pair[0].Folder);
        Assert.True(Prune(a).IsNothing); // no checkpoint yet
        a.MakeCheckpoint(withSnapshot: true);
        var digest = a.Digest();
        var told = Prune(a);
        Assert.InRange(told.Commits, 20, 1000);
        Assert.InRange(told.Objects, 1, 1000);
        Assert.True(SizeOf(pair[0].Folder) < bytes - 3_000_000, $"{bytes} before, {SizeOf(pair[0].Folder)} now");
        Assert.Equal(digest, a.Digest());
        before.AssertSame(a);
        Assert.True(a.StateFitsLog());
        Assert.True(a.PlanPrune(history: true).IsNothing);

        // Both go on, each knows what the other writes.
        a.Put("items", "k/1", Text("after"));
        b.Put("items", "k/2", Text("of the other"));
        Assert.Equal(SyncOutcome.Synced, (await pair.SyncAsync(1, 0)).Outcome);
        Assert.Equal(a.Digest(), b.Digest());
        Assert.Equal(Seen.Of(b).Records, Seen.Of(a).Records);
        Assert.True(b.StateFitsLog());
    }

    [Fact]
    public async Task A_new_device_starts_from_the_checkpoint_and_what_came_after()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        Fill(a);
        await pair.SyncAsync(1, 0);
        Conflict(a, b);
        await pair.SyncAsync(1, 0);
        a.MakeCheckpoint(withSnapshot: true);
        Assert.False(Prune(a).IsNothing);
        a.Put("items", "late", Text("behind the checkpoint"));
        a.Increment("items", "fields", [new Increment("/count", 5)]);
        using var joiner = await PairedVaults.JoinAsync(a, "device 2");
        Assert.Equal(a.Digest(), joiner.Vault.Digest());
        Seen.Of(a).AssertSame(joiner.Vault);
        Assert.True(joiner.Vault.IsFull());
        Assert.True(joiner.Vault.StateFitsLog());
        await pair.SyncAsync(1, 0);
        Assert.Equal(b.Digest(), joiner.Vault.Digest()); // the one that has everything still agrees
        Assert.True(SizeOf(joiner.Folder) < SizeOf(pair[1].Folder));
    }

    // Format-1 §8: a returning device's state is joined, never replaced.
    [Fact]
    public async Task A_device_that_was_away_while_others_pruned_joins_what_it_has_with_what_they_have()
    {
        await using var three = await PairedVaults.CreateAsync(3);
        var (a, b, c) = (three[0].Vault, three[1].Vault, three[2].Vault);
        Fill(a);
        await three.SyncAsync(2, 0);
        await three.SyncAsync(1, 0);
        c.Put("items", "k/3", Text("written while away"));
        c.Put("items", "only here", Text("only here"));
        c.Increment("items", "fields", [new Increment("/count", 7)]);
        a.Put("items", "k/3", Text("and here"));
        a.Increment("items", "fields", [new Increment("/count", 1)]);
        a.Delete("items", ["k/4"]);
        for (int i = 0; i < 10; i++) a.Put("items", "k/5", Text("round " + i + new string('x', 300)));
        a.Retire(c.Device);
        await three.SyncAsync(1, 0);
        Assert.InRange(a.MakeCheckpoint(withSnapshot: true).Deletions, 1, 100);
        Assert.False(Prune(a).IsNothing);
        await three.SyncAsync(1, 0);
        await three.SyncAsync(2, 0);
        await three.SyncAsync(1, 0);
        foreach (var vault in new[] { a, b, c })
        {
            Assert.Equal("only here", Read(vault, "only here"));
            Assert.Equal("round 9" + new string('x', 300), Read(vault, "k/5"));
            Assert.Equal(2, vault.Find("items", "k/3")!.Item!.Heads.Count);
            Assert.True(vault.StateFitsLog());
            Assert.Contains("\"count\":13", Json(vault), StringComparison.Ordinal);
        }

        Assert.Equal(a.Digest(), b.Digest());
        Assert.Equal(a.Digest(), c.Digest());
        Assert.Equal(Seen.Of(b).Records, Seen.Of(c).Records);
    }

    // Lesson: the guard against old changes read the log that was pruned.
    [Fact]
    public async Task A_late_write_from_before_does_not_undo_what_was_written_since()
    {
        await using var three = await PairedVaults.CreateAsync(3);
        var (a, b, c) = (three[0].Vault, three[1].Vault, three[2].Vault);
        a.Put("items", "k", Text("first"));
        await three.SyncAsync(2, 0);
        await three.SyncAsync(1, 0);
        c.Delete("items", ["k"]); // while away
        for (int i = 0; i < 5; i++) a.Put("items", "k", Text("newer " + i));
        a.Retire(c.Device);
        await three.SyncAsync(1, 0);
        a.MakeCheckpoint(withSnapshot: true);
        Assert.False(Prune(a).IsNothing);
        await three.SyncAsync(2, 0);
        await three.SyncAsync(1, 0);
        foreach (var vault in new[] { a, b, c })
        {
            Assert.Equal("newer 4", Read(vault, "k"));
            Assert.Equal(2, vault.Find("items", "k")!.Item!.Heads.Count); // both are kept, and a person sees it
            Assert.True(vault.StateFitsLog());
        }

        Assert.Equal(a.Digest(), c.Digest());
        Assert.Equal(b.Digest(), c.Digest());
    }

    // What was written is in the snapshot and not in the log any more: a view of before is refused rather than wrong.
    [Fact]
    public async Task The_past_before_the_floor_is_refused_and_that_behind_it_is_shown()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        Fill(a);
        await pair.SyncAsync(1, 0);
        string token = VectorToken.Format(a.Id, new());
        a.MakeCheckpoint(withSnapshot: true);
        Prune(a);
        a.Increment("items", "fields", [new Increment("/count", 100)]);
        Assert.Equal(SyncErrors.HistoryPruned, Assert.Throws<SyncException>(() => a.ItemsAt(DateTimeOffset.UtcNow.AddDays(-1))).Kind);
        Assert.Equal(SyncErrors.HistoryPruned, Assert.Throws<SyncException>(() => a.ChangedSince(VectorToken.Parse(a.Id, token)).ToList()).Kind);
        var now = DateTimeOffset.UtcNow.AddMinutes(1);
        Assert.Equal(a.Items().Where(i => i.IsAlive).Select(i => i.Key + Shown(a, i)), a.ItemsAt(now).Where(i => i.IsAlive).Select(i => i.Key + Shown(a, i)));
        Assert.Equal(105, (int)a.At(now).Find("items", "fields")!.Counters[0].Total(null));
        Assert.Empty(b.ItemsAt(DateTimeOffset.UtcNow.AddDays(-1))); // the other has kept its history
    }

    [Fact]
    public async Task Nothing_goes_while_somebody_has_the_vault_open()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var a = pair[0].Vault;
        Fill(a);
        await pair.SyncAsync(1, 0);
        a.MakeCheckpoint(withSnapshot: true);
        using (pair[0].Open())
        {
            Assert.Equal(SyncErrors.VaultBusy, Assert.Throws<SyncException>(() => a.Prune(history: true)).Kind);
        }

        using (a.NewSink()) Assert.Equal(SyncErrors.VaultBusy, Assert.Throws<SyncException>(() => a.Prune(history: true)).Kind);
        Assert.False(Prune(a).IsNothing);
    }

    // A copy passes over what it cannot read: it would be gone with the old files.
    [Fact]
    public void Nothing_goes_while_a_part_of_the_log_is_damaged_that_nobody_has_met_yet()
    {
        using var vault = TestVault.Create();
        Fill(vault.Vault);
        vault.Vault.MakeCheckpoint(withSnapshot: true);
        vault.Vault.UpdateIndex();
        Assert.False(vault.Vault.PlanPrune(history: true).IsNothing);
        string file = Assert.Single(Directory.GetFiles(Path.Combine(vault.Folder, "log"), "*.log"));
        byte[] whole = File.ReadAllBytes(file);
        int end = Array.FindLastIndex(whole, b => b != 0);
        for (int place = 1; place < 16; place++)
        {
            byte[] damaged = [.. whole];
            damaged[end * place / 16] ^= 1;
            File.WriteAllBytes(file, damaged);
            vault.Reopen();
            // The snapshot that stands in the log may be what was met, and is read first.
            Assert.Contains(Assert.Throws<SyncException>(() => vault.Vault.Prune(history: true)).Kind, new[] { SyncErrors.LogDamaged, SyncErrors.ObjectDamaged });
            Assert.Equal(damaged, File.ReadAllBytes(file));
        }

        File.WriteAllBytes(file, whole);
        vault.Reopen();
        Assert.False(vault.Vault.Prune(history: true).IsNothing);
    }

    [Fact]
    public void Objects_that_nobody_names_go_and_the_rest_stays_readable()
    {
        using var vault = TestVault.Create();
        vault.Vault.Put("items", "kept", new MemoryStream(Noise(3_000_000, 1)));
        using (var sink = vault.Vault.NewSink())
        {
            for (int i = 0; i < 40; i++) sink.Store(ObjectKind.Chunk, Noise(60_000, 100 + i)); // an import that was given up
            sink.Complete();
        }

        vault.Vault.UpdateIndex();
        var plan = vault.Vault.PlanPrune(history: false);
        Assert.InRange(plan.Objects, 10, 40); // the last ones wait for their commit in memory
        Assert.Equal(plan, vault.Vault.Prune(history: false));
        Assert.True(vault.Vault.PlanPrune(history: false).IsNothing);
        Assert.Equal(Noise(3_000_000, 1), vault.Vault.ReadValue(vault.Vault.Find("items", "kept")!.Item!.First.Value!).SelectMany(p => p).ToArray());

        // What went is stored again when it is needed again.
        vault.Vault.Put("items", "again", new MemoryStream(Noise(60_000, 100)));
        Assert.Equal(Noise(60_000, 100), vault.Vault.ReadValue(vault.Vault.Find("items", "again")!.Item!.First.Value!).SelectMany(p => p).ToArray());
        Assert.True(vault.Vault.StateFitsLog());
    }

    // The other side of a sync may be ending its session still.
    private static PruneResult Prune(Vault vault)
    {
        for (int left = 100; ; left--)
        {
            try
            {
                return vault.Prune(history: true);
            }
            catch (SyncException e) when (e.Kind == SyncErrors.VaultBusy && left > 0)
            {
                Thread.Sleep(50);
            }
        }
    }

    private static void Fill(Vault vault)
    {
        for (int round = 0; round < 10; round++)
        {
            for (int i = 0; i < 6; i++) vault.Put("items", "k/" + i, Text($"{i} in round {round} {new string('y', 200)}"));
            vault.Put("other", "large", new MemoryStream(Noise(400_000, round)));
        }

        vault.PutObject("items", "fields", """{ "a": 1, "b": { "c": 2 }, "tags": ["x"] }"""u8.ToArray());
        vault.Increment("items", "fields", [new Increment("/count", 5)]);
        vault.Patch("items", "fields", new Dictionary<string, ReadOnlyMemory<byte>?> { ["/a"] = "2"u8.ToArray(), ["/b/c"] = null });
        vault.Put("items", "gone", Text("gone"));
        vault.Delete("items", ["gone"]);
        vault.SetPolicy("other", new PolicyChange { Policy = "first-writer-wins" });
    }

    // A conflict that somebody settles, and one that stays.
    private static void Conflict(Vault a, Vault b)
    {
        foreach (var (vault, text) in new[] { (a, "a's"), (b, "b's") })
        {
            vault.Put("items", "settled", Text(text));
            vault.Put("items", "open", Text(text));
        }

        a.Receive([.. b.CommitsBehind(Lane.Data, a.AppliedVector()).Select(id => b.ReadBundle(id, withSmallObjects: false)!)]);
        a.Put("items", "settled", Text("seen both"));
    }

    private static string Read(Vault vault, string key) => Encoding.UTF8.GetString([.. vault.ReadValue(vault.Find("items", key)!.Item!.First.Value!).SelectMany(p => p)]);

    private static string Json(Vault vault) => Encoding.UTF8.GetString(vault.ValueOf(vault.Find("items", "fields")!).Inline.Span);

    private static string Shown(Vault vault, Core.Merging.KeyState item) => Convert.ToHexString(SHA256.HashData([.. vault.ReadValue(vault.ValueOf(item)).SelectMany(p => p)]));

    private static MemoryStream Text(string text) => new(Encoding.UTF8.GetBytes(text));

    private static byte[] Noise(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static long SizeOf(string folder) => new[] { "log", "packs" }.Select(f => new DirectoryInfo(Path.Combine(folder, f))).Where(d => d.Exists).SelectMany(d => d.EnumerateFiles()).Sum(f => f.Length);

    /// <summary>Everything that a person can see of a vault but its history.</summary>
    private sealed record Seen(string Items, string Records)
    {
        public static Seen Of(Vault vault) => new(
            string.Join('\n', vault.Items().Where(i => i.IsAlive).Select(i => $"{i.Collection} {i.Key} {Bytes(vault, i)}")),
            Convert.ToHexString(Core.Merging.MergeRecords.Encode(vault.MergeRecords())));

        public void AssertSame(Vault vault)
        {
            var now = Of(vault);
            Assert.Equal(Items, now.Items);
            Assert.Equal(Records, now.Records);
        }

        private static string Bytes(Vault vault, Core.Merging.KeyState item) =>
            Convert.ToHexString(SHA256.HashData([.. item.Cells.SelectMany(c => c.Heads).Where(h => h.Value is { Counter: null }).SelectMany(h => vault.ReadValue(h.Value!).SelectMany(p => p))]))[..16] + string.Join(',', item.Counters.SelectMany(c => c.Sums));
    }
}
