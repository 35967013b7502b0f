using System.Buffers;
using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Core.Tests.Merging;

public class StateRowsTests
{
    private readonly Numbers _numbers = new();

    [Fact]
    public void A_row_gives_back_the_state_to_the_byte()
    {
        var rows = new StateRows(_numbers);
        foreach (var state in States(400))
        {
            byte[] row = Row(rows, state);
            Assert.Equal(state.Encode(), rows.Read(row).Encode());
            Assert.Equal(!state.IsOnlyDeleted, StateRows.IsAnyAlive(row));
            Assert.Equal(state.Collection, System.Text.Encoding.UTF8.GetString(StateRows.Names(row, out var key)));
            Assert.Equal(state.Key, System.Text.Encoding.UTF8.GetString(key));
        }
    }

    [Fact]
    public void The_row_of_a_first_operation_is_that_of_the_state_which_it_makes()
    {
        var rows = new StateRows(_numbers);
        for (int seed = 0; seed < 300; seed++)
        {
            foreach (var (operation, origin) in new RandomHistory(seed).Commits.SelectMany(c => c.Operations).Select(o => (o.Operation, o.Origin)))
            {
                var writer = new ArrayBufferWriter<byte>();
                rows.WriteFirst(operation, origin, writer);
                Assert.Equal(Row(rows, Folding.Apply(null, operation, origin)), writer.WrittenSpan.ToArray());
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(4096)]
    public void Values_of_every_form_come_back(int length)
    {
        var rows = new StateRows(_numbers);
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        var id = new Id32([.. Enumerable.Range(1, 32).Select(i => (byte)i)]);
        var metadata = new Metadata().With(Metadata.TypeKey, "file").With(Metadata.TimeKey, -5L).With("user.\u00e4\ud83d\ude00", "\u00e9");
        var value = ItemValue.FromBytes(bytes);
        var large = ItemValue.FromReference(new(id, id, ObjectKind.Manifest, 700), 123_456_789_012);
        foreach (var (item, content) in new[] { (value, (Id32?)null), (value, id), (large, null), (large, id) })
        {
            var operation = Writes.Put(null, "\u00e4\ud83d\ude00", "k", item, [new("cell", value), new("other", large), new("third", null)], metadata, content);
            var state = Folding.Apply(null, operation, new(new(id, (Dot.MaxBlocks * Dot.BlockStride) - 1), new(HybridTimestamp.Limit - 1), id, new(bytes: [.. new byte[15], 7]), 1UL << 40));
            Assert.Equal(state.Encode(), rows.Read(Row(rows, state)).Encode());
            var writer = new ArrayBufferWriter<byte>();
            rows.WriteFirst(operation, new(state.Item!.First.Dot, state.Item.First.Timestamp, state.Item.First.Device, state.Item.First.Log, state.Item.First.Sequence), writer);
            Assert.Equal(Row(rows, state), writer.WrittenSpan.ToArray());
        }
    }

    [Fact]
    public void A_row_is_about_half_as_long_as_the_state()
    {
        var state = Folding.Apply(null, Writes.Put(null, "items", "item/00000001", ItemValue.FromBytes(new byte[1024]), content: default(Id32)), new(new(default, 7), new(1UL << 60), default, default, 9));
        Assert.InRange(Row(new(_numbers), state).Length, 1, state.Encode().Length * 6 / 10);
    }

    [Fact]
    public void A_row_that_was_changed_is_refused_or_read_and_never_anything_else()
    {
        var (rows, random) = (new StateRows(_numbers), new Random(5));
        foreach (var state in States(60))
        {
            byte[] good = Row(rows, state);
            for (int i = 0; i < 200; i++)
            {
                byte[] bytes = [.. good];
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                try
                {
                    Row(rows, rows.Read(bytes));
                }
                catch (VaultFormatException)
                {
                }
            }

            for (int cut = 0; cut < good.Length; cut++) Assert.Throws<VaultFormatException>(() => rows.Read(good.AsSpan(0, cut)));
            Assert.Throws<VaultFormatException>(() => rows.Read([.. good, 0]));
        }
    }

    [Fact]
    public void Operations_decoded_for_a_state_fold_to_the_state_of_whole_ones()
    {
        var random = new Random(9);
        var commit = new Id32([.. Enumerable.Range(1, 32).Select(i => (byte)i)]);
        List<Operation> operations = [];
        foreach (int length in new[] { 0, 1, 64, 65, 1024, 4096 })
        {
            byte[] bytes = new byte[length];
            random.NextBytes(bytes);
            var value = ItemValue.FromBytes(bytes);
            operations.Add(Writes.Put(null, "items", "a" + length, value, [new("cell", value)]));
            operations.Add(Writes.Put(null, "items", "b" + length, value, content: commit));
        }

        operations.Add(new("items", "c", OperationKind.Delete, [new(commit, 1)], new(7), false, null, [new("x", null)], null, null));
        byte[] plain = OperationList.Encode(operations);
        var (whole, small) = (OperationList.Decode(plain), OperationList.DecodeForState(plain, commit, 3));
        Assert.Equal(whole.Count, small.Count);
        for (int i = 0; i < whole.Count; i++)
        {
            var origin = new OperationOrigin(Dot.At(commit, 3, i), new(5), default, default, 1);
            Assert.Equal(Folding.Apply(null, whole[i].Operation!, origin).Encode(), Folding.Apply(null, small[i].Operation!, origin).Encode());
        }

        // What is broken is broken in both ways of reading.
        for (int i = 0; i < 5_000; i++)
        {
            byte[] bytes = [.. plain];
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            Assert.Equal(OperationList.Decode(bytes).Select(o => o.Status), OperationList.DecodeForState(bytes, commit, 3).Select(o => o.Status));
        }
    }

    private static byte[] Row(StateRows rows, KeyState state)
    {
        var writer = new ArrayBufferWriter<byte>();
        rows.Write(state, writer);
        return writer.WrittenSpan.ToArray();
    }

    private static IEnumerable<KeyState> States(int histories)
    {
        for (int seed = 0; seed < histories; seed++)
        {
            var history = new RandomHistory(seed);
            var replica = new ProductReplica().Receive(history.Commits);
            foreach (string key in history.Commits.SelectMany(c => c.Operations).Select(o => o.Operation.Key).Distinct())
            {
                // Where somebody else owns it nothing was folded.
                if (replica.State(key) is { } state) yield return state;
            }
        }
    }

    private sealed class Numbers : IOriginNumbers
    {
        private readonly List<(Id32 Device, Id16 Log)> _origins = [];

        public int NumberOf(Id32 device, Id16 log)
        {
            if (!_origins.Contains((device, log))) _origins.Add((device, log));
            return _origins.IndexOf((device, log)) + 1;
        }

        public (Id32 Device, Id16 Log) OriginOf(int number) => number > 0 && number <= _origins.Count ? _origins[number - 1] : throw new VaultFormatException("No such origin.");
    }
}
