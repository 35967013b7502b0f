using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

public sealed class ItemListTests
{
    [Fact]
    public void Items_come_in_the_order_of_their_names_whatever_those_are()
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        var random = new Random(11);
        string[] parts = ["a", "b", "aa", "item/0000", "item/00000001", "\u00e9", "\uff01", "\U0001f600", "\ue000", "z", "0123456", "01234567", "012345678", " "];
        var names = new HashSet<(string Collection, string Key)>();
        while (names.Count < 3_000)
        {
            string key = string.Concat(Enumerable.Range(0, random.Next(1, 7)).Select(_ => parts[random.Next(parts.Length)]));
            names.Add((parts[random.Next(6)], key));
        }

        foreach (var chunk in names.Chunk(500)) vault.Commit([new([.. chunk.Select(n => new ItemIntent(n.Collection, n.Key, s => Writes.Put(s, n.Collection, n.Key, ItemValue.FromBytes(new byte[3]))))], [])]);
        vault.Delete("a", [.. names.Where(n => n.Collection == "a").Select(n => n.Key).Take(50)]);
        var items = vault.Items();
        var expected = names.Select(n => vault.Find(n.Collection, n.Key)!).ToList();
        expected.Sort(ItemName.Compare);
        Assert.Equal(expected.Select(i => (i.Collection, i.Key)), items.Select(i => (i.Collection, i.Key)));
        Assert.Equal(expected.Select(i => Convert.ToHexString(i.Encode())), items.Select(i => Convert.ToHexString(i.Encode())));
        Assert.Equal(names.Count - 50, items.CountAlive);
        Assert.Equal(items[17].Key, items.ElementAt(17).Key);
        Assert.Throws<ArgumentOutOfRangeException>(() => items[items.Count]);
        foreach (string collection in parts)
        {
            var own = expected.Where(i => i.Collection == collection).ToList();
            Assert.Equal(own.Select(i => i.Key), items.Of(collection, deleted: true).Select(i => i.Key));
            Assert.Equal(own.Where(i => i.IsAlive).Select(i => i.Key), items.Of(collection).Select(i => i.Key));
            Assert.Equal(own.Where(i => i.IsAlive && i.Key.Contains('z', StringComparison.Ordinal)).Select(i => i.Key), items.Of(collection, fits: k => k.Contains('z', StringComparison.Ordinal)).Select(i => i.Key));
        }

        Assert.Contains(items.Of("a", deleted: true), i => !i.IsAlive);
    }

    [Fact]
    public void A_list_is_given_again_until_this_or_another_process_writes()
    {
        using var test = new MemoryVault();
        var (vault, other) = (test.Open(), test.Open());
        Put(vault, "a");
        var first = vault.ItemsAgain();
        Assert.Same(first, vault.ItemsAgain());
        Put(vault, "b");
        var second = vault.ItemsAgain();
        Assert.Equal(["a", "b"], second.Select(i => i.Key));
        Put(other, "c");
        Assert.Equal(["a", "b", "c"], vault.ItemsAgain().Select(i => i.Key));
        vault.Delete("items", ["a"]);
        Assert.Equal(["b", "c"], vault.ItemsAgain().Of("items").Select(i => i.Key));
        Assert.Equal(["b", "c"], other.ItemsAgain().Of("items").Select(i => i.Key));
        Assert.Equal(["a"], first.Select(i => i.Key));

        static void Put(Vault to, string key) => to.Commit([new([new ItemIntent("items", key, s => Writes.Put(s, "items", key, ItemValue.FromBytes(new byte[3])))], [])]);
    }

    [Fact]
    public void Where_a_deletion_competes_the_list_shows_what_stands()
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        using var device = DeviceKeys.Create(SystemRandomSource.Instance);
        vault.AddMember(device.Certify(vault.Id, DeviceRole.Full), "other");
        var writer = new ForeignWriter(vault.Id, device, new(Guid.NewGuid().ToByteArray()));
        byte[] plain = OperationList.Encode([ForeignWriter.Put("items", "k", "theirs")]);
        vault.Receive([writer.Write(vault.Keys.FirstEpoch, vault.Membership.Heads, 1, [(vault.Keys.Genesis.TagOf("items"), plain)]).Bundle]);
        var there = vault.Find("items", "k")!;
        byte[] later = OperationList.Encode([ForeignWriter.Put("items", "k", "theirs again", there.Item!.First.Dot)]);
        vault.Delete("items", ["k"]);
        vault.Receive([writer.Write(vault.Keys.FirstEpoch, vault.Membership.Heads, 2, [(vault.Keys.Genesis.TagOf("items"), later)]).Bundle]);

        Assert.Equal(2, vault.Find("items", "k")!.MostHeads);
        Assert.False(vault.Find("items", "k")!.IsOnlyDeleted);
        Assert.Empty(vault.Items().Of("items"));
        Assert.Single(vault.Items().Of("items", deleted: true));
    }

    [Fact]
    public void Names_with_a_nul_that_another_program_wrote_have_one_order_everywhere()
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        using var device = DeviceKeys.Create(SystemRandomSource.Instance);
        vault.AddMember(device.Certify(vault.Id, DeviceRole.Full), "other");
        var writer = new ForeignWriter(vault.Id, device, new(Guid.NewGuid().ToByteArray()));
        string[] keys = ["a", "a\0", "a\0\0", "a\0b", "aaaaaaaa", "aaaaaaaa\0", "aaaaaaaa\0\0", "ab"];
        byte[] plain = OperationList.Encode([.. keys.Reverse().Select(k => ForeignWriter.Put("items", k, "1"))]);
        vault.Receive([writer.Write(vault.Keys.FirstEpoch, vault.Membership.Heads, 1UL << 40, [(vault.Keys.Genesis.TagOf("items"), plain)]).Bundle]);
        Assert.Equal(keys, vault.Items().Select(i => i.Key));
    }

    [Fact]
    public void A_list_of_many_items_is_read_by_two_threads_and_is_the_same()
    {
        using var test = TestVault.Create();
        var keys = Enumerable.Range(0, 12_000).Select(i => "item/" + i).ToList();
        foreach (var chunk in keys.Chunk(1_000)) test.Vault.Commit([new([.. chunk.Select(k => new ItemIntent("items", k, s => Writes.Put(s, "items", k, ItemValue.FromBytes(new byte[100]))))], [])]);
        keys.Sort(StringComparer.Ordinal);
        var items = test.Vault.Items();
        Assert.Equal(keys, items.Select(i => i.Key));
        Assert.Equal(Enumerable.Range(0, items.Count).Select(i => Convert.ToHexString(items[i].Encode())), items.Select(i => Convert.ToHexString(i.Encode())));
        foreach (int taken in new[] { 1, 1500, 3000, 11_999 }) Assert.Equal(keys.Take(taken), items.Take(taken).Select(i => i.Key));
        Assert.Equal(keys.Where(k => k.StartsWith("item/77", StringComparison.Ordinal)), test.Vault.KeysOf("items", "item/77"));
    }
}
