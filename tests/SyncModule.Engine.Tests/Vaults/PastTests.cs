using System.Text;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>The vault as it was at a time, and what has changed since a point of its history (docs/decisions/081, 082).</summary>
public sealed class PastTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Each_moment_shows_what_was_there_then()
    {
        var time = new StandingTime(Noon.ToUnixTimeMilliseconds());
        using var desk = SeededVault.Found("desk", SystemRandomSource.Instance, time);
        var vault = desk.Vault;
        string line = new('x', 900);
        byte[] large = new byte[50_000];
        var steps = new (Action Do, string[] Shown)[]
        {
            (() => vault.Put("a", "one"), ["a=3"]),
            (() => vault.Put("a", line), ["a=900"]),
            (() => vault.Put("items", "b", new MemoryStream(large)), ["a=900", "b=50000"]),
            (() => vault.Delete("items", ["a"]), ["b=50000"]),
            (() => vault.Put("notes", "n", new MemoryStream(large)), ["b=50000", "n=50000"]),
            (() => vault.Put("a", "again"), ["a=5", "b=50000", "n=50000"]),
        };
        foreach (var (step, _) in steps)
        {
            time.Milliseconds += 1000;
            step();
        }

        Assert.Empty(vault.ItemsAt(Noon));
        Assert.Empty(vault.ItemsAt(DateTimeOffset.MinValue));
        for (int i = 0; i < steps.Length; i++)
        {
            // The millisecond of the commit is in; the one before is not.
            Assert.Equal(steps[i].Shown, Shown(vault.ItemsAt(Noon.AddSeconds(i + 1))));
            Assert.Equal(steps[i].Shown, Shown(vault.ItemsAt(Noon.AddSeconds(i + 2).AddMilliseconds(-1))));
        }

        Assert.Equal(Shown(vault.Items()), Shown(vault.ItemsAt(DateTimeOffset.MaxValue)));
        Assert.Equal(["b=50000"], Shown(vault.ItemsAt(Noon.AddSeconds(9), (_, key) => key == "b")));
        var past = vault.At(Noon.AddSeconds(2));
        Assert.Equal(line, Encoding.UTF8.GetString([.. past.ReadValue(View.Of(past.Find("items", "a")!).Winner!.Value!).SelectMany(p => p)]));
        Assert.Equal(["a"], past.ItemsOf("items", fits: k => k == "a").Select(i => i.Key));
        Assert.Empty(past.ItemsOf("items", fits: k => k == "b"));
        Assert.Equal(["a"], past.ItemsOf("items").Select(i => i.Key));
        Assert.Null(past.Find("items", "b"));
        Assert.Null(past.Find("items", "never"));
        Assert.False(vault.At(Noon.AddSeconds(4)).Find("items", "a")!.IsAlive);
    }

    [Fact]
    public void One_item_is_the_same_whether_it_is_folded_from_its_history_or_from_the_log()
    {
        var random = new Random(7);
        var time = new StandingTime(Noon.ToUnixTimeMilliseconds());
        using var desk = SeededVault.Found("desk", SystemRandomSource.Instance, time);
        using var laptop = desk.Join("laptop", SystemRandomSource.Instance);
        for (int i = 0; i < 120; i++)
        {
            time.Milliseconds += random.Next(3) * 500;
            var (from, to) = random.Next(2) == 0 ? (desk.Vault, laptop.Vault) : (laptop.Vault, desk.Vault);
            string key = "k" + random.Next(4);
            if (random.Next(6) == 0) from.Delete("items", [key]);
            else if (random.Next(8) == 0 && from.Find("items", key) is { } open && open.MostHeads > 1) from.Resolve("items", key, VersionId.Of(open.Item!.First.Dot));
            else from.Put(key, "value " + i);
            if (random.Next(3) == 0) to.Receive(Behind(from, to));
        }

        desk.Vault.Receive(Behind(laptop.Vault, desk.Vault));
        laptop.Vault.Receive(Behind(desk.Vault, laptop.Vault));
        Assert.Equal(desk.Vault.Digest().Digest, laptop.Vault.Digest().Digest);
        for (var at = Noon; at <= Noon.AddSeconds(130); at = at.AddSeconds(3.5))
        {
            var (here, there) = (desk.Vault.ItemsAt(at), laptop.Vault.ItemsAt(at));
            Assert.Equal(here.Select(i => Convert.ToHexString(i.Encode())), there.Select(i => Convert.ToHexString(i.Encode())));
            foreach (var item in here) Assert.Equal(item.Encode(), desk.Vault.At(at).Find("items", item.Key)!.Encode());
            Assert.Equal(here.Count, Enumerable.Range(0, 4).Count(i => desk.Vault.At(at).Find("items", "k" + i) is not null));
        }
    }

    [Fact]
    public void What_a_clock_that_is_ahead_wrote_comes_with_whoever_had_seen_it()
    {
        var time = new StandingTime(Noon.ToUnixTimeMilliseconds());
        using var desk = SeededVault.Found("desk", SystemRandomSource.Instance, time);
        using var laptop = desk.Join("laptop", SystemRandomSource.Instance);
        desk.Vault.Put("k", "first");
        laptop.Vault.Receive(Behind(desk.Vault, laptop.Vault));
        time.Milliseconds += (long)TimeSpan.FromDays(365).TotalMilliseconds;
        laptop.Vault.Put("k", "from next year");
        laptop.Vault.Put("unseen", "from next year");
        time.Milliseconds = Noon.AddSeconds(1).ToUnixTimeMilliseconds();
        desk.Vault.Receive([Behind(laptop.Vault, desk.Vault)[0]]);

        // Nobody has written behind it: it is of next year.
        Assert.Equal("first", TextAt(desk.Vault, "k", Noon.AddSeconds(1)));
        time.Milliseconds += 1000;
        desk.Vault.Put("k", "seen and replaced");
        desk.Vault.Receive(Behind(laptop.Vault, desk.Vault));
        // Having met that clock, this one is five minutes ahead at most (format-1 §3).
        Assert.Equal("first", TextAt(desk.Vault, "k", Noon.AddSeconds(1)));
        Assert.Equal("seen and replaced", TextAt(desk.Vault, "k", Noon.AddMinutes(6)));
        var item = desk.Vault.ItemsAt(Noon.AddMinutes(6)).Single();
        Assert.Equal(("k", 1), (item.Key, item.MostHeads));
        Assert.Equal(2, desk.Vault.ItemsAt(Noon.AddYears(2)).Count);
    }

    // One of its writes went to what somebody else owned: none of them counts, in the past as now.
    [Fact]
    public void Nothing_of_an_atomic_commit_that_is_void_is_shown_at_any_time()
    {
        var time = new StandingTime(Noon.ToUnixTimeMilliseconds());
        using var desk = SeededVault.Found("desk", SystemRandomSource.Instance, time);
        using var laptop = desk.Join("laptop", SystemRandomSource.Instance);
        desk.Vault.Put("items", "beside", new MemoryStream([1]));
        laptop.Vault.Receive(Behind(desk.Vault, laptop.Vault));
        time.Milliseconds += 1000;
        desk.Vault.Own("volumes", "disk");
        laptop.Vault.Commit([new([Write("volumes", "disk/x"), Write("items", "beside")], [], Atomic: true)]);
        laptop.Vault.Put("items", "beside", new MemoryStream([1, 2, 3])); // replaces what is about to be void
        laptop.Vault.Increment("items", "counted", [new("/n", 1)]);
        desk.Vault.Receive(Behind(laptop.Vault, desk.Vault));
        laptop.Vault.Receive(Behind(desk.Vault, laptop.Vault));
        Assert.Equal(2, desk.Vault.RefusedWrites().Count);
        foreach (var vault in new[] { desk.Vault, laptop.Vault })
        {
            foreach (var at in new[] { Noon.AddSeconds(1), DateTimeOffset.MaxValue })
            {
                Assert.Equal(vault.Items().Select(i => (i.Collection, i.Key, i.Item?.Heads.Count)), vault.ItemsAt(at).Select(i => (i.Collection, i.Key, i.Item?.Heads.Count)));
                Assert.Equal(vault.Find("items", "beside")!.Encode(), vault.At(at).Find("items", "beside")!.Encode());
                Assert.Null(vault.At(at).Find("volumes", "disk/x"));
            }
        }

        static ItemIntent Write(string collection, string key) => new(collection, key, state => Writes.Put(state, collection, key, ItemValue.FromBytes(new byte[] { 1, 2 })));
    }

    [Fact]
    public void A_token_gives_what_was_touched_since_on_any_device()
    {
        using var test = new MemoryVault();
        var desk = test.Open();
        using var other = test.AddReplica(desk, "laptop");
        var laptop = other.Open();
        foreach (string key in (string[])["a", "b", "c"]) desk.Put(key, "1");
        laptop.Receive(Behind(desk, laptop));
        string token = VectorToken.Format(desk.Id, desk.AppliedVector());
        Assert.Empty(desk.ChangedSince(VectorToken.Parse(desk.Id, token)));
        desk.Put("b", "2");
        laptop.Delete("items", ["c"]);
        laptop.Put("notes", "n", new MemoryStream([1]));
        desk.Receive(Behind(laptop, desk));
        Assert.Equal(["b", "c", "n"], desk.ChangedSince(VectorToken.Parse(desk.Id, token)).Select(i => i.Key));
        Assert.Equal(["c", "n"], laptop.ChangedSince(VectorToken.Parse(laptop.Id, " " + token + "\n")).Select(i => i.Key)); // the other has not come here
        Assert.Equal(["n"], desk.ChangedSince(VectorToken.Parse(desk.Id, token), (c, _) => c == "notes").Select(i => i.Key));
        Assert.Equal(4, desk.ChangedSince(new VersionVector()).Count());

        // A token of somebody who knew more than this device does.
        string ahead = VectorToken.Format(desk.Id, desk.AppliedVector());
        Assert.Empty(laptop.ChangedSince(VectorToken.Parse(desk.Id, ahead)));
    }

    [Fact]
    public void Many_changes_are_found_as_few_are()
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        vault.PutMany("items", [.. Enumerable.Range(0, 100).Select(i => new PutValue($"before/{i:000}", new byte[1]))]);
        var start = vault.AppliedVector();
        vault.PutMany("items", [.. Enumerable.Range(0, 5000).Select(i => new PutValue($"k/{i:0000}", new byte[1]))]);
        Assert.Equal(Enumerable.Range(0, 5000).Select(i => $"k/{i:0000}"), vault.ChangedSince(start).Select(i => i.Key));
        Assert.Equal(10, vault.ChangedSince(start, (_, key) => key.StartsWith("k/000", StringComparison.Ordinal)).Count());
    }

    [Fact]
    public void A_token_that_is_none_is_refused()
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        vault.Put("a", "1");
        string token = VectorToken.Format(vault.Id, vault.AppliedVector());
        Assert.True(VectorToken.Parse(vault.Id, token).SameAs(vault.AppliedVector()));
        string changed = token[..^3] + (token[^3] == 'A' ? 'B' : 'A') + token[^2..];
        foreach (string wrong in (string[])["", "since-", "since-!", token[..^1], token[VectorToken.Prefix.Length..], changed, token + "A", new string('x', 3 << 20)])
            Assert.Equal(SyncErrors.TokenInvalid, Assert.Throws<SyncException>(() => VectorToken.Parse(vault.Id, wrong)).Kind);
        using var other = new MemoryVault();
        var foreign = other.Open();
        Assert.Contains("another vault", Assert.Throws<SyncException>(() => VectorToken.Parse(foreign.Id, token)).Detail, StringComparison.Ordinal);
    }

    private static string TextAt(Vault vault, string key, DateTimeOffset at)
    {
        var past = vault.At(at);
        return Encoding.UTF8.GetString([.. past.ReadValue(View.Of(past.Find("items", key)!).Winner!.Value!).SelectMany(p => p)]);
    }

    private static IEnumerable<string> Shown(IEnumerable<KeyState> items) => items.Where(i => i.IsAlive).Select(i => $"{i.Key}={View.Of(i).Winner!.Size}");

    private static List<CommitBundle> Behind(Vault author, Vault other) =>
        [.. author.CommitsBehind(Lane.Data, other.HeldVector(Lane.Data)).Select(id => author.ReadBundle(id, withSmallObjects: false)!)];
}
