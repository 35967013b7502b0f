using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Tests.Storage.Tables;

/// <summary>What every table store does, whatever it stands on.</summary>
public abstract class TableStoreConformance
{
    protected abstract ITableStore Open();

    [Fact]
    public void Rows_come_in_unsigned_byte_order_with_a_prefix_first()
    {
        using var store = Open();
        byte[][] keys = [[], [0], [0, 0], [0, 255], [1], [127, 1], [128], [255], [255, 0], [255, 255, 255]];
        Write(store, t =>
        {
            foreach (int i in new[] { 7, 0, 3, 9, 1, 5, 2, 8, 6, 4 }) t.Put(3, keys[i], [(byte)i]);
        });
        using var read = store.Begin(write: false);
        Assert.Equal(keys, read.Scan(3).Select(r => r.Key));
        Assert.Equal(keys.Reverse(), read.Scan(3, descending: true).Select(r => r.Key));
        Assert.Empty(read.Scan(4));
    }

    [Fact]
    public void Ranges_hold_their_lower_bound_and_not_their_upper_one()
    {
        using var store = Open();
        Write(store, t =>
        {
            for (int i = 0; i < 50; i++) t.Put(0, [(byte)i], [(byte)i]);
        });
        using var read = store.Begin(write: false);
        foreach (var (from, to) in new[] { (0, 0), (3, 7), (7, 3), (49, 200), (60, 61), (0, 50) })
        {
            var expected = Enumerable.Range(0, 50).Where(i => i >= from && i < to).Select(i => (byte)i).ToList();
            Assert.Equal(expected, read.Scan(0, [(byte)from], [(byte)to]).Select(r => r.Key[0]));
            Assert.Equal(Enumerable.Reverse(expected), read.Scan(0, [(byte)from], [(byte)to], descending: true).Select(r => r.Key[0]));
        }
    }

    [Fact]
    public void Empty_keys_and_values_are_rows_like_others()
    {
        using var store = Open();
        Write(store, t => t.Put(15, [], []));
        using var read = store.Begin(write: false);
        Assert.Empty(read.Get(15, [])!);
        Assert.True(read.Contains(15, []));
        Assert.False(read.Contains(15, [0]));
        Assert.Null(read.Get(15, [0]));
        Assert.Equal(1, read.Count(15));
    }

    [Fact]
    public void One_row_can_be_read_without_a_transaction_and_is_the_committed_one()
    {
        using var store = Open();
        Assert.Null(store.Get(1, [7]));
        Write(store, t =>
        {
            t.Put(1, [7], [1]);
            t.Put(1, [], []);
        });
        using (var write = store.Begin(write: true))
        {
            write.Put(1, [7], [2]);
            Assert.Equal([1], store.Get(1, [7])!);
            write.Commit();
        }

        Assert.Equal([2], store.Get(1, [7])!);
        Assert.Empty(store.Get(1, [])!);
        Assert.Null(store.Get(2, [7]));
        Assert.Throws<ArgumentOutOfRangeException>(() => store.Get(ITableStore.TableCount, [7]));
        store.Dispose();
        Assert.Throws<ObjectDisposedException>(() => store.Get(1, [7]));
    }

    [Fact]
    public void Rows_put_in_order_count_like_others_whatever_was_put_before_or_comes_behind()
    {
        using var store = Open();
        Write(store, t => t.Put(2, [5], [1]));
        Write(store, t =>
        {
            t.Put(2, [1], [1]);
            t.Put(2, [3], [1]);
            t.Delete(2, [5]);
            t.PutInOrder(2, [3], [2]);
            t.PutInOrder(2, [4], []);
            Assert.Equal([2], t.Get(2, [3])!);
            t.PutInOrder(2, [5], [2]);
            t.Put(2, [4], [3]);
            t.Delete(2, [1]);
            Assert.Equal("3:2 4:3 5:2", Text(t.Scan(2)));
            Assert.Equal("3:2 4:3 5:2", Visited(t, 2));
        });
        using var read = store.Begin(write: false);
        Assert.Equal("3:2 4:3 5:2", Visited(read, 2));
        Assert.Equal("", Visited(read, 3));
        Assert.Throws<InvalidOperationException>(() => read.PutInOrder(2, [1], [1]));
    }

    [Fact]
    public void A_visit_meets_every_row_of_many_pages_in_order()
    {
        using var store = Open();
        Write(store, t =>
        {
            for (int i = 0; i < 5_000; i++) t.PutInOrder(1, [(byte)(i >> 8), (byte)i], new byte[i % 300]);
        });
        using var read = store.Begin(write: false);
        int next = 0;
        read.Visit(1, (key, value) =>
        {
            Assert.Equal(next, (key[0] << 8) | key[1]);
            Assert.Equal(next++ % 300, value.Length);
        });
        Assert.Equal(5_000, next);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void A_visit_meets_every_row_once_however_they_were_written(int table)
    {
        using var store = Open();
        var random = new Random(table);
        var expected = new Dictionary<int, int>();
        for (int transaction = 0; transaction < 6; transaction++)
        {
            Write(store, t =>
            {
                for (int i = 0; i < 500; i++)
                {
                    int key = random.Next(900), length = random.Next(2) == 0 ? random.Next(40) : random.Next(900);
                    if (random.Next(5) == 0)
                    {
                        t.Delete(table, [(byte)(key >> 8), (byte)key]);
                        expected.Remove(key);
                        continue;
                    }

                    t.Put(table, [(byte)(key >> 8), (byte)key], new byte[length]);
                    expected[key] = length;
                }
            });
        }

        using var read = store.Begin(write: false);
        var visited = new Dictionary<int, int>();
        read.Visit(table, (key, value) => visited.Add((key[0] << 8) | key[1], value.Length));
        Assert.Equal(expected.OrderBy(e => e.Key), visited.OrderBy(e => e.Key));
        Assert.Equal(expected.OrderBy(e => e.Key), read.Scan(table).Select(r => new KeyValuePair<int, int>((r.Key[0] << 8) | r.Key[1], r.Value.Length)));
        Assert.Equal(expected.Count, read.Count(table));
        Assert.All(expected, e => Assert.Equal(e.Value, read.Get(table, [(byte)(e.Key >> 8), (byte)e.Key])!.Length));
    }

    private static string Visited(ITableTransaction transaction, int table)
    {
        var rows = new List<KeyValuePair<byte[], byte[]>>();
        transaction.Visit(table, (key, value) => rows.Add(new(key.ToArray(), value.ToArray())));
        return Text(rows);
    }

    [Fact]
    public void A_transaction_sees_its_own_writes_over_committed_rows()
    {
        using var store = Open();
        Write(store, t =>
        {
            for (int i = 0; i < 9; i++) t.Put(1, [(byte)i], [1]);
        });
        using var write = store.Begin(write: true);
        write.Delete(1, [0]);
        write.Delete(1, [8]);
        write.Put(1, [4], [2]);
        write.Put(1, [20], [2]);
        write.Put(1, [21], [2]);
        write.Delete(1, [21]);
        Assert.Equal("1:1 2:1 3:1 4:2 5:1 6:1 7:1 20:2", Text(write.Scan(1)));
        Assert.Equal("20:2 7:1 6:1 5:1 4:2 3:1 2:1 1:1", Text(write.Scan(1, descending: true)));
        Assert.Null(write.Get(1, [0]));
        Assert.False(write.Contains(1, [21]));
        Assert.Equal(8, write.Count(1));
        Assert.Equal("1:1 2:1 3:1 4:2 5:1 6:1 7:1 20:2", Text(write.Scan(1)));
    }

    [Fact]
    public void Clear_removes_committed_and_new_rows_of_one_table_only()
    {
        using var store = Open();
        Write(store, t => { t.Put(1, [1], [1]); t.Put(2, [1], [1]); });
        Write(store, t =>
        {
            t.Put(1, [2], [2]);
            t.Clear(1);
            Assert.Empty(t.Scan(1));
            t.Put(1, [3], [3]);
        });
        using var read = store.Begin(write: false);
        Assert.Equal("3:3", Text(read.Scan(1)));
        Assert.Equal("1:1", Text(read.Scan(2)));
    }

    [Fact]
    public void Without_commit_nothing_is_written()
    {
        using var store = Open();
        Write(store, t => t.Put(1, [1], [1]));
        using (var lost = store.Begin(write: true))
        {
            lost.Clear(1);
            lost.Put(1, [2], [2]);
            Assert.Equal(1, lost.Count(1));
        }

        using var read = store.Begin(write: false);
        Assert.Equal("1:1", Text(read.Scan(1)));
    }

    [Fact]
    public void A_reader_keeps_the_view_of_its_beginning()
    {
        using var store = Open();
        Write(store, t => t.Put(1, [1], [1]));
        using var before = store.Begin(write: false);
        Write(store, t => { t.Put(1, [1], [9]); t.Put(1, [2], [9]); });
        using var after = store.Begin(write: false);
        Assert.Equal("1:1", Text(before.Scan(1)));
        Assert.Equal("1:9 2:9", Text(after.Scan(1)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rows_may_be_deleted_and_replaced_while_they_are_scanned(bool descending)
    {
        using var store = Open();
        Write(store, t =>
        {
            for (int i = 0; i < 1777; i++) t.Put(2, [(byte)(i >> 8), (byte)i], [(byte)i]);
        });
        Write(store, t =>
        {
            int met = 0;
            foreach (var (key, value) in t.Scan(2, descending: descending))
            {
                if (met++ % 3 == 0) t.Put(2, key, [.. value, 7]);
                else t.Delete(2, key);
            }

            Assert.Equal(1777, met);
        });
        using var read = store.Begin(write: false);
        Assert.Equal(593, read.Count(2));
        Assert.All(read.Scan(2), r => Assert.Equal([r.Key[1], 7], r.Value));
    }

    [Fact]
    public void A_scan_meets_each_row_once_and_what_is_written_far_ahead()
    {
        using var store = Open();
        using var write = store.Begin(write: true);
        for (int i = 0; i < 700; i++) write.Put(2, [(byte)(i >> 8), (byte)i], []);
        int met = 0;
        foreach (var _ in write.Scan(2))
        {
            if (met++ == 0) write.Put(2, [9, 9], [1]);
        }

        Assert.Equal(701, met);
    }

    [Fact]
    public void Values_of_a_megabyte_come_back_whole()
    {
        using var store = Open();
        byte[] large = new byte[(1 << 20) + 13];
        new Random(5).NextBytes(large);
        Write(store, t =>
        {
            for (byte i = 0; i < 9; i++) t.Put(0, [i], large);
        });
        using var read = store.Begin(write: false);
        Assert.Equal(9, read.Scan(0).Count(r => r.Value.AsSpan().SequenceEqual(large)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_transaction_of_any_size_is_written_as_a_whole_or_not_at_all(bool commit)
    {
        using var store = Open();
        Write(store, t => t.Put(0, [200], [1]));
        using (var write = store.Begin(write: true))
        {
            // More than a store keeps in memory before it writes ahead.
            for (byte i = 0; i < 70; i++) write.Put(0, [i], new byte[1 << 20]);
            write.Delete(0, [200]);
            write.Delete(0, [3]);
            write.Put(0, [4], [4]);
            Assert.Equal(69, write.Scan(0).Count());
            Assert.Equal([4], write.Get(0, [4])!);
            Assert.Null(write.Get(0, [3]));
            if (commit) write.Commit();
        }

        using var read = store.Begin(write: false);
        Assert.Equal(commit ? 69 : 1, read.Count(0));
        Assert.Equal(!commit, read.Contains(0, [200]));
    }

    [Fact]
    public void What_a_caller_gave_or_got_is_not_shared_with_the_store()
    {
        using var store = Open();
        byte[] key = [1], value = [1];
        using var write = store.Begin(write: true);
        write.Put(0, key, value);
        (key[0], value[0]) = (2, 2);
        write.Get(0, [1])![0] = 3;
        foreach (var row in write.Scan(0)) (row.Key[0], row.Value[0]) = (4, 4);
        Assert.Equal("1:1", Text(write.Scan(0)));
    }

    [Fact]
    public void Misuse_is_refused()
    {
        using var store = Open();
        using (var write = store.Begin(write: true))
        {
            Assert.Throws<InvalidOperationException>(() => store.Begin(write: true));
            Assert.Throws<ArgumentOutOfRangeException>(() => write.Get(16, []));
            Assert.Throws<ArgumentOutOfRangeException>(() => write.Put(-1, [], []));
            write.Commit();
            Assert.Throws<ObjectDisposedException>(write.Commit);
            Assert.Throws<ObjectDisposedException>(() => write.Get(0, []));
        }

        using var read = store.Begin(write: false);
        Assert.Throws<InvalidOperationException>(() => read.Put(0, [], []));
        read.Commit();
    }

    [Fact]
    public void Writers_on_threads_wait_for_each_other_and_lose_nothing()
    {
        using var store = Open();
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, worker =>
        {
            for (int i = 0; i < 25; i++)
            {
                using var write = store.Begin(write: true);
                int n = write.Get(0, [1]) is { } old ? BitConverter.ToInt32(old) : 0;
                write.Put(0, [1], BitConverter.GetBytes(n + 1));
                write.Commit();
            }
        });
        using var read = store.Begin(write: false);
        Assert.Equal(100, BitConverter.ToInt32(read.Get(0, [1])!));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Random_histories_match_a_sorted_dictionary(int seed)
    {
        using var store = Open();
        var random = new Random(seed);
        var model = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        for (int round = 0; round < 25; round++)
        {
            var tentative = new SortedDictionary<string, byte[]>(model, StringComparer.Ordinal);
            using var write = store.Begin(write: true);
            for (int step = random.Next(900); step > 0; step--)
            {
                string key = Convert.ToHexString(BitConverter.GetBytes(random.Next(2000)).AsSpan(0, random.Next(1, 4)));
                switch (random.Next(40))
                {
                    case < 24:
                        tentative[key] = BitConverter.GetBytes(step);
                        write.Put(6, Convert.FromHexString(key), tentative[key]);
                        break;
                    case < 36:
                        tentative.Remove(key);
                        write.Delete(6, Convert.FromHexString(key));
                        break;
                    case < 39:
                        Assert.Equal(tentative.GetValueOrDefault(key), write.Get(6, Convert.FromHexString(key)));
                        Assert.Equal(tentative.ContainsKey(key), write.Contains(6, Convert.FromHexString(key)));
                        break;
                    default:
                        string to = Convert.ToHexString([(byte)random.Next(256)]);
                        bool descending = random.Next(2) == 0;
                        var expected = tentative.Where(r => string.CompareOrdinal(r.Key, key) >= 0 && string.CompareOrdinal(r.Key, to) < 0);
                        Assert.Equal((descending ? expected.Reverse() : expected).Select(r => r.Key), write.Scan(6, Convert.FromHexString(key), Convert.FromHexString(to), descending).Select(r => Convert.ToHexString(r.Key)));
                        break;
                }
            }

            if (random.Next(12) == 0)
            {
                write.Clear(6);
                tentative.Clear();
            }

            Assert.Equal(tentative.Count, write.Count(6));
            if (random.Next(3) == 0) continue;
            write.Commit();
            model = tentative;
        }

        using var read = store.Begin(write: false);
        Assert.Equal(model.Select(r => (r.Key, Convert.ToHexString(r.Value))), read.Scan(6).Select(r => (Convert.ToHexString(r.Key), Convert.ToHexString(r.Value))));
    }

    protected static void Write(ITableStore store, Action<ITableTransaction> action)
    {
        using var transaction = store.Begin(write: true);
        action(transaction);
        transaction.Commit();
    }

    protected static string Text(IEnumerable<KeyValuePair<byte[], byte[]>> rows) => string.Join(' ', rows.Select(r => $"{r.Key[0]}:{r.Value[0]}"));
}
