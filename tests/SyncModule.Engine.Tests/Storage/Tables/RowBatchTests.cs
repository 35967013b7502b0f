using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Tests.Storage.Tables;

public class RowBatchTests
{
    private static readonly byte[] SivKey = [.. Enumerable.Repeat((byte)1, 32)], KeyKey = [.. Enumerable.Repeat((byte)2, 32)];
    private static readonly RowSealer Sealer = new(SivKey, KeyKey, SyncErrors.IndexDamaged);

    [Fact]
    public void Rows_sealed_together_are_those_sealed_alone()
    {
        var random = new Random(1);
        var batch = new RowBatch(Sealer, 7);
        for (int count = 0; count <= RowBatch.Size; count++)
        {
            var rows = Rows(random, count);
            foreach (var (key, body) in rows) batch.Begin(key).WriteRaw(body);
            Assert.Equal(count == RowBatch.Size, batch.IsFull);
            var put = new List<(byte[] Key, byte[] Row)>();
            batch.Seal((key, row) => put.Add((key.ToArray(), row.ToArray())));
            Assert.Equal(rows.Select(r => r.Key), put.Select(p => p.Key));
            Assert.Equal(rows.Select(r => Sealer.Seal(7, r.Key, r.Body)), put.Select(p => p.Row));
        }
    }

    [Fact]
    public void Rows_opened_together_give_their_bodies_in_order()
    {
        var random = new Random(2);
        var batch = new RowBatch(Sealer, 7);
        for (int count = 0; count <= RowBatch.Size; count++)
        {
            var rows = Rows(random, count);
            foreach (var (key, body) in rows) batch.Add(key, Sealer.Seal(7, key, body));
            var bodies = new List<byte[]>();
            batch.Open(body => bodies.Add(body.ToArray()));
            Assert.Equal(rows.Select(r => r.Body), bodies);
        }
    }

    [Fact]
    public void A_changed_row_among_others_is_refused()
    {
        byte[] row = Sealer.Seal(7, [1], new byte[100]);
        for (int bit = 0; bit < row.Length * 8; bit += 3)
        {
            byte[] bad = [.. row];
            bad[bit / 8] ^= (byte)(1 << (bit % 8));
            var batch = new RowBatch(Sealer, 7);
            for (int i = 0; i < 9; i++) batch.Add([1], i == 5 ? bad : row);
            Assert.Equal("IndexDamaged", Assert.Throws<SyncException>(() => batch.Open(_ => { })).ErrorId);
        }

        Assert.Throws<SyncException>(() => new RowBatch(Sealer, 7).Add([1], row.AsSpan(0, RowSealer.Overhead - 1)));
        var other = new RowBatch(Sealer, 8);
        other.Add([1], row);
        Assert.Throws<SyncException>(() => other.Open(_ => { }));
        Assert.Throws<ArgumentException>(() => other.Begin(new byte[65]));
    }

    private static List<(byte[] Key, byte[] Body)> Rows(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (Bytes(random, random.Next(0, 65)), Bytes(random, random.Next(5) == 0 ? random.Next(5_000) : random.Next(300))))];

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
