using System.Security.Cryptography;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage.Tables;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>The parts with which a transaction writes many item rows.</summary>
public sealed class ItemRowTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(4_095)]
    [InlineData(4_096)]
    [InlineData(50_000)]
    [InlineData(70_000)]
    public void Rows_are_put_in_the_order_of_their_tags(int count)
    {
        var tags = new Id16[count];
        for (int i = 0; i < count; i++) tags[i] = new(RandomNumberGenerator.GetBytes(16));
        // Some that begin alike.
        for (int i = 0; i < count / 3; i++) tags[i] = new([.. tags[^1].ToArray().AsSpan(0, 8 + (i % 8)), .. RandomNumberGenerator.GetBytes(8 - (i % 8))]);
        Assert.Equal(tags.Order(), TagOrder.Of<Id16>(tags, t => t).Select(i => tags[i]));
    }

    [Fact]
    public void What_was_added_is_never_said_to_be_new_and_nearly_all_else_is()
    {
        var seen = new SeenItems();
        var tags = Enumerable.Range(0, 400_000).Select(_ => new Id16(RandomNumberGenerator.GetBytes(16))).ToList();
        foreach (var tag in tags)
        {
            seen.Add(tag);
            seen.Add(tag);
        }

        Assert.All(tags, t => Assert.True(seen.MayHold(t)));
        Assert.InRange(Enumerable.Range(0, 100_000).Count(_ => seen.MayHold(new Id16(RandomNumberGenerator.GetBytes(16)))), 0, 3_000);
        Assert.False(seen.IsClosed);
        seen.Close();
        Assert.True(seen.IsClosed);
    }

    [Fact]
    public void Tags_of_many_items_are_those_of_each()
    {
        using var test = new MemoryVault();
        var vault = test.Open();
        var random = new Random(3);
        List<DecodedOperation> operations = [];
        for (int i = 0; i < 500; i++)
        {
            string name = new('\u00e4', random.Next(1, i % 50 == 0 ? 2_048 : 60));
            operations.Add(i % 7 == 0 ? new(OperationStatus.Malformed, null) : new(OperationStatus.Known, ForeignWriter.Put("c" + name, "k" + name[..(name.Length / 2)], "1")));
        }

        var tags = new ItemTagger(vault.Keys).Of(operations);
        for (int i = 0; i < operations.Count; i++) Assert.Equal(operations[i].Operation is { } o ? vault.Keys.ItemTag(o.Collection, o.Key) : default, tags[i]);
    }

    [Theory]
    [InlineData(300, false)]
    [InlineData(300, true)]
    [InlineData(3000, true)]
    public void Rows_of_a_transaction_are_seen_in_it_and_after_it(int count, bool threads)
    {
        using var store = new MemoryTableStore();
        using var sealer = new RowSealer(RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(32), SyncErrors.IndexDamaged);
        var states = Enumerable.Range(0, count).ToDictionary(i => new Id16(RandomNumberGenerator.GetBytes(16)), i => State("key" + i, i % (count / 33) == 0 ? 400_000 : 10));
        var absent = new Id16(RandomNumberGenerator.GetBytes(16));
        using (var transaction = store.Begin(write: true))
        {
            var rows = new ItemRows(transaction, sealer, new SeenItems());
            foreach (var tag in states.Keys) rows.Set(tag, State("first", 10));
            foreach (var (tag, state) in states) rows.Set(tag, state);
            Assert.Equal(states.Count, rows.Pending);
            foreach (var (tag, state) in states) Assert.Equal(state.Encode(), rows.Get(tag)!.Encode());
            Assert.Null(rows.Get(absent));
            rows.Flush(threads);
            Assert.Equal(0, rows.Pending);
            foreach (var (tag, state) in states) Assert.Equal(state.Encode(), rows.Get(tag)!.Encode());
            transaction.Commit();
        }

        using var read = store.Begin(write: false);
        var again = new ItemRows(read, sealer, null);
        foreach (var (tag, state) in states) Assert.Equal(state.Encode(), again.Get(tag)!.Encode());
        Assert.Null(again.Get(absent));
    }

    // Cells make a row as long as one likes.
    private static KeyState State(string key, int bytes) => Folding.Apply(
        null,
        Writes.Put(null, "items", key, null, Enumerable.Range(0, bytes / 50).Select(i => new CellWrite("cell" + i, ItemValue.FromBytes(new byte[50])))),
        new(default, new(5), default, default, 1));
}
