using FsCheck;
using FsCheck.Fluent;
using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Core.Tests.Merging;

public class KeyStateTests
{
    [Fact]
    public void States_come_back_from_their_bytes()
    {
        foreach (var state in States(400)) Assert.Equal(state.Encode(), KeyState.Decode(state.Encode()).Encode());
    }

    [Theory]
    [InlineData(64, false, false)]
    [InlineData(65, false, true)]
    [InlineData(65, true, true)]
    [InlineData(4096, true, true)]
    public void A_state_names_a_long_value_and_does_not_repeat_it(int length, bool hasContent, bool detached)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        var value = ItemValue.FromBytes(bytes);
        var operation = Writes.Put(null, "files", "a", value, [new("cell", value)], content: hasContent ? new Id32(bytes.AsSpan(0, 32)) : null);
        var fresh = Folding.Apply(null, operation, new(new(new(bytes.AsSpan(32, 32)), 7), new(5), default, default, 1));
        var state = KeyState.Decode(fresh.Encode());
        foreach (var cell in state.Cells)
        {
            var read = cell.First.Value!;
            Assert.Equal(length, read.Length);
            Assert.Equal(detached ? cell.First.Dot : null, read.Source);
            Assert.True(cell.First.SameAs(fresh.Find(cell.Path)!.First));
            if (!detached) continue;
            Assert.Throws<InvalidOperationException>(() => read.Inline);
            Assert.Throws<InvalidOperationException>(() => OperationList.Encode([operation with { Value = read }]));
            Assert.Same(value, operation.WholeOf(read));
        }

        Assert.Equal(fresh.Encode(), state.Encode());
        if (detached) Assert.InRange(fresh.Encode().Length, 200, 450);
        Assert.Equal(value, (operation with { Value = state.Item!.First.Value }).Attached(v => operation.WholeOf(v)!).Value);
    }

    [Fact]
    public void Damaged_states_are_refused_or_canonical()
    {
        var random = new Random(3);
        foreach (var state in States(60))
        {
            byte[] good = state.Encode();
            for (int i = 0; i < 200; i++)
            {
                byte[] bytes = [.. good];
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                try
                {
                    // What is accepted is exactly what would be written: there is no second form of a state.
                    Assert.Equal(bytes, KeyState.Decode(bytes).Encode());
                }
                catch (VaultFormatException)
                {
                }
            }

            Assert.Throws<VaultFormatException>(() => KeyState.Decode(good.AsSpan(0, good.Length - 1)));
        }
    }

    [Fact]
    public void Folding_a_present_operation_again_changes_nothing()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var history = new RandomHistory(seed);
            var replica = new ProductReplica().Receive(history.Commits);
            foreach (var written in history.Commits.SelectMany(c => c.Operations))
            {
                if (replica.State(written.Operation.Key) is not { } state) continue; // somebody else owns it
                // Present everywhere it touches: in a cell where it was replaced a second fold would bring it back.
                if (written.Operation.Detail is not null) continue; // an engine folds each once (format-1 §6)
                if (!written.Operation.Cells.Select(c => c.Path).Concat(written.Operation.TouchesItem ? [""] : []).All(p => state.Find(p)?.Find(written.Origin.Dot) is not null)) continue;
                Assert.Equal(state.Encode(), Folding.Apply(state, written.Operation, written.Origin, new ProductReplica.PastOf(written.Past)).Encode());
            }
        }
    }

    [Fact]
    public void An_operation_of_another_key_is_not_folded()
    {
        var origin = new OperationOrigin(new(default, 0), new(1), default, default, 1);
        var state = Folding.Apply(null, Writes.Put(null, "files", "a", null), origin);
        Assert.Throws<ArgumentException>(() => Folding.Apply(state, Writes.Put(null, "files", "b", null), origin));
        Assert.Throws<ArgumentException>(() => Folding.Apply(state, Writes.Put(null, "notes", "a", null), origin));
        var other = Folding.Apply(null, Writes.Put(null, "files", "b", null), origin);
        Assert.Throws<ArgumentException>(() => Joining.Join(state, new ProductReplica(), other, new ProductReplica()));
    }

    [Fact]
    public void The_order_of_heads_is_total_and_by_time_then_device_then_dot()
    {
        Head Make((byte Time, byte Device, byte Commit, byte Index) h) => Head.Of(
            Writes.Put(null, "files", "a", null),
            new(new(new([.. Enumerable.Repeat(h.Commit, 32)]), h.Index), new(h.Time), new([.. Enumerable.Repeat(h.Device, 32)]), default, 1),
            "")!;
        var small = Gen.Choose(0, 2).Select(i => (byte)i);
        var head = (from t in small from d in small from c in small from i in small select (t, d, c, i)).ToArbitrary();
        Prop.ForAll(head, head, (a, b) => Math.Sign(Head.CompareOrder(Make(a), Make(b))) == Math.Sign(a.CompareTo(b))).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Version_ids_are_sixteen_hex_digits_and_tell_dots_apart()
    {
        var dots = Gen.Choose(0, 1 << 20).ToArbitrary();
        Prop.ForAll(dots, dots, (a, b) => VersionId.Of(new(default, a)) == VersionId.Of(new(default, b)) == (a == b)).QuickCheckThrowOnFailure();
        // H(L("version") ‖ [0^32, 0]), computed with another SHA-256 and written out here.
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData([.. "syncmodule/1/version\0"u8, 0x82, 0x58, 32, .. new byte[32], 0]))[..16], VersionId.Of(default));
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
}
