using System.Security.Cryptography;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Buffers;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Tests.Storage;

public sealed class PackStoreTests
{
    private readonly MemoryDisk _memory = new() { LocksWait = false };

    private static byte[] Body(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static byte[] Record(byte[] body)
    {
        var record = new byte[ObjectRecord.HeaderLength + body.Length];
        ObjectRecord.WriteHeader(record, new ObjectAddress(SHA256.HashData(body)), body.Length);
        body.CopyTo(record, ObjectRecord.HeaderLength);
        return record;
    }

    private static PackStore Open(IDisk disk, int seed = 1) => PackStore.Open(disk, LogFixture.Bytes(seed));

    private static byte[] Batch(int seed, params int[] lengths) => [.. lengths.SelectMany((length, i) => Record(Body(seed + i, length)))];

    private static string PathOf(Id16 pack) => $"packs/{pack}.pack";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Blocks_stand_aligned_between_other_records_and_are_found_again(bool killed)
    {
        var process = _memory.OpenProcess();
        using PackStore store = Open(process);
        using var pool = new BlockPool(256 << 10, most: 1);
        var block = pool.Rent();
        PackWriter writer = store.CreateWriter();
        var expected = new List<PackRecord>();
        for (int i = 0; i < 4; i++)
        {
            byte[] batch = Batch(10 * i, 5, 70_001, 4_096 - (i * 41), i == 3 ? 4_096 : 1);
            batch.CopyTo(block.GetSpan());
            long at = writer.AppendBlock(block, batch.Length);
            Assert.Equal(0, at % Block.Alignment);
            Assert.Equal(0, writer.Length % Block.Alignment);
            expected.AddRange(store.Scan(writer.Pack, at).Records);
            Assert.Equal(4 * (i + 1) + i, expected.Count);
            expected.AddRange(writer.Append(Batch(i, 33)));
        }

        block.Release();
        writer.Sync();
        if (killed) process.Kill();
        else writer.Complete();
        using PackStore after = Open(_memory.OpenProcess());
        Assert.Equal(killed ? 1 : 0, after.Recover().Count);
        PackScan scan = after.Scan(writer.Pack, verifyBodies: true);
        Assert.Equal(expected, scan.Records);
        Assert.Empty(scan.Damage);
        Assert.True(scan.IsComplete);
    }

    [Fact]
    public void What_is_appended_while_a_sync_runs_is_not_taken_for_synced()
    {
        using PackStore store = Open(_memory.OpenProcess());
        using PackWriter writer = store.CreateWriter();
        writer.Append(Batch(1, 100));
        long before = writer.Length;
        _memory.FaultHook = call =>
        {
            if (call.Operation != "sync" || !call.Path.EndsWith(".pack", StringComparison.Ordinal)) return null;
            _memory.FaultHook = null;
            writer.Append(Batch(2, 100)); // another thread's, in the middle of the call
            return null;
        };
        writer.Sync();
        Assert.Equal(before, writer.SyncedLength);
        writer.Sync();
        Assert.Equal(writer.Length, writer.SyncedLength);
    }

    [Fact]
    public void Every_body_is_checked_wherever_it_stands_among_those_that_are_hashed_together()
    {
        using PackStore store = Open(_memory.OpenProcess());
        using PackWriter writer = store.CreateWriter();
        var records = new List<PackRecord>();
        var random = new Random(3);
        int[] large = [9_000_001, 5_000_000, 4 << 20, (4 << 20) - 1];
        foreach (int big in large)
        {
            records.AddRange(writer.Append(Batch(big, [.. Enumerable.Range(0, 60).Select(_ => random.Next(random.Next(3) == 0 ? 200_000 : 3_000))])));
            records.AddRange(writer.Append(Batch(random.Next(), big)));
            writer.Align();
        }

        records.AddRange(writer.Append(Batch(7, 0, 1, 300)));
        writer.Complete();
        Assert.Equal(records, store.Scan(writer.Pack, verifyBodies: true).Records);
        for (int i = 0; i < 6; i++)
        {
            // Some bodies, and now and then a header: then the record's bytes are damage up to the next one.
            var bad = records.Where(r => r.Position.Length > 0 && random.Next(8) == 0).ToHashSet();
            var places = bad.ToDictionary(r => r, r => random.Next(4) == 0 ? r.Position.Offset - 1 : r.Position.Offset + random.Next(r.Position.Length));
            foreach (long at in places.Values) _memory.Corrupt(PathOf(writer.Pack), at, 0x20);
            PackScan scan = store.Scan(writer.Pack, verifyBodies: true);
            Assert.Equal(records.Where(r => !bad.Contains(r)), scan.Records);
            Assert.True(scan.IsComplete);
            Assert.All(places.Values, at => Assert.Contains(scan.Damage, d => d.Offset <= at && at < d.Offset + d.Length));
            foreach (long at in places.Values) _memory.Corrupt(PathOf(writer.Pack), at, 0x20);
        }
    }

    [Fact]
    public void Records_are_stored_byte_for_byte_and_read_back_by_position()
    {
        using PackStore store = Open(_memory.OpenProcess());
        byte[] batch = Batch(1, 0, 1, 4_095, 70_001);
        using PackWriter writer = store.CreateWriter(100_000);
        IReadOnlyList<PackRecord> first = writer.Append(batch);
        writer.Align();
        Assert.Equal(0, writer.Length % 4096);
        IReadOnlyList<PackRecord> second = writer.Append(Batch(9, 33));
        Assert.Equal(4096L * (writer.Length / 4096) + ObjectRecord.HeaderLength, Assert.Single(second).Position.Offset);
        writer.Complete();
        PackScan scan = store.Scan(writer.Pack, verifyBodies: true);
        Assert.Equal([.. first, .. second], scan.Records);
        Assert.Empty(scan.Damage);
        Assert.True(scan.IsComplete);
        Assert.Equal(writer.Length, scan.End);
        var bytes = new byte[70_001];
        store.Read(first[3].Position, bytes);
        Assert.Equal(Body(4, 70_001), bytes);
        byte[] file = _memory.OpenProcess().ReadFile(PathOf(writer.Pack));
        Assert.Equal([.. "SMPK"u8, 1, .. writer.Pack.ToArray()], file[..21]);
        Assert.Equal(batch, file[21..(21 + batch.Length)]);
        Assert.Equal(second, store.Scan(writer.Pack, second[0].Position.Offset - ObjectRecord.HeaderLength).Records);
        Assert.Equal([writer.Pack], store.List());
    }

    [Fact]
    public void The_record_header_is_the_same_everywhere()
    {
        var record = new byte[ObjectRecord.HeaderLength];
        var address = new ObjectAddress([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);
        ObjectRecord.WriteHeader(record, address, 0x010203);
        byte[] covered = [.. Enumerable.Range(0, 32).Select(i => (byte)i), 0, 1, 2, 3];
        Assert.Equal(covered, record[..36]);
        Assert.Equal(Crc32C.Compute(covered).ToString("x8"), Convert.ToHexStringLower(record[36..]));
        Assert.True(ObjectRecord.TryReadHeader(record, out ObjectAddress read, out int length));
        Assert.Equal((address, 0x010203), (read, length));
        for (int bit = 0; bit < record.Length * 8; bit++)
        {
            record[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(ObjectRecord.TryReadHeader(record, out _, out _));
            record[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => ObjectRecord.WriteHeader(record, address, ObjectRecord.MaxLength + 1));
    }

    [Theory]
    [InlineData(21)]
    [InlineData(4056)]
    [InlineData(4057)]
    [InlineData(4096)]
    [InlineData(8191)]
    public void Padding_aligns_and_never_looks_like_the_end(long offset)
    {
        int padding = ObjectRecord.PaddingFor(offset, 4096);
        Assert.Equal(0, (offset + padding) % 4096);
        Assert.True(padding == 0 || padding > ObjectRecord.HeaderLength);
    }

    [Fact]
    public void A_batch_that_is_not_made_of_whole_records_is_refused_before_it_is_written()
    {
        using PackStore store = Open(_memory.OpenProcess());
        using PackWriter writer = store.CreateWriter();
        byte[] batch = Batch(1, 100, 200);
        Assert.Throws<VaultFormatException>(() => writer.Append(batch.AsSpan(0, batch.Length - 1)));
        Assert.Throws<VaultFormatException>(() => writer.Append(batch.AsSpan(1)));
        var end = new byte[ObjectRecord.HeaderLength];
        ObjectRecord.WritePadding(end);
        Assert.Throws<VaultFormatException>(() => writer.Append(end));
        Assert.Equal(21, writer.Length);
        Assert.Equal(2, writer.Append(batch).Count);
    }

    [Fact]
    public void A_pack_that_is_being_written_is_left_alone_and_one_of_a_dead_writer_is_closed()
    {
        MemoryProcess dying = _memory.OpenProcess();
        PackWriter writer = Open(dying).CreateWriter();
        writer.Append(Batch(1, 300, 400));
        writer.Sync();
        byte[] torn = Batch(5, 500);
        using (IDiskFile file = _memory.OpenProcess().Open(PathOf(writer.Pack), DiskOpen.ReadWrite)) file.Write(writer.Length, torn.AsSpan(0, 77));
        using PackStore other = Open(_memory.OpenProcess(), 2);
        Assert.Empty(other.Recover());
        Assert.Equal(2, other.Scan(writer.Pack).Records.Count);
        dying.Kill();
        (Id16 pack, PackScan scan) = Assert.Single(other.Recover());
        Assert.Equal(writer.Pack, pack);
        Assert.Equal(2, scan.Records.Count);
        Assert.True(other.Scan(pack).IsComplete);
        Assert.Equal(scan.End + ObjectRecord.HeaderLength, _memory.OpenProcess().TryGetLength(PathOf(pack)));
        Assert.Empty(other.Recover());
    }

    /// <summary>Its length was there before its bytes, as after a power cut: the header says how much there should be, the address what.</summary>
    [Fact]
    public void The_last_object_of_a_dead_writer_is_taken_only_when_all_its_bytes_are_there()
    {
        MemoryProcess dying = _memory.OpenProcess();
        PackWriter writer = Open(dying).CreateWriter();
        writer.Append(Batch(1, 300, 400));
        writer.Sync();
        byte[] last = Batch(5, 500);
        last.AsSpan(last.Length - 100).Clear();
        using (IDiskFile file = _memory.OpenProcess().Open(PathOf(writer.Pack), DiskOpen.ReadWrite)) file.Write(writer.Length, last);
        dying.Kill();
        using PackStore other = Open(_memory.OpenProcess(), 2);
        (_, PackScan scan) = Assert.Single(other.Recover());
        Assert.Equal(2, scan.Records.Count);
        Assert.Equal(2, other.Scan(writer.Pack, verifyBodies: true).Records.Count);
        Assert.Empty(other.Scan(writer.Pack, verifyBodies: true).Damage);
    }

    [Fact]
    public void A_flipped_bit_anywhere_costs_at_most_the_record_it_hits()
    {
        using PackStore store = Open(_memory.OpenProcess());
        PackWriter writer = store.CreateWriter();
        IReadOnlyList<PackRecord> records = writer.Append(Batch(1, 11, 23, 5));
        writer.Complete();
        writer.Dispose();
        string path = PathOf(writer.Pack);
        for (int bit = 0; bit < writer.Length * 8; bit++)
        {
            _memory.Corrupt(path, bit / 8, (byte)(1 << (bit % 8)));
            PackScan scan = store.Scan(writer.Pack, verifyBodies: true);
            PackRecord[] intact = [.. records.Where(r => bit / 8 < r.Position.Offset - ObjectRecord.HeaderLength || bit / 8 >= r.Position.Offset + r.Position.Length)];
            Assert.Equal(intact, scan.Records);
            Assert.True(scan.Damage.Count > 0 || !scan.IsComplete, $"bit {bit} was not noticed");
            _memory.Corrupt(path, bit / 8, (byte)(1 << (bit % 8)));
        }
    }

    [Fact]
    public void A_torn_tail_of_any_length_ends_the_scan_behind_the_last_whole_record()
    {
        using PackStore store = Open(_memory.OpenProcess());
        using PackWriter writer = store.CreateWriter();
        writer.Append(Batch(1, 50));
        long whole = writer.Length;
        byte[] last = Batch(3, 60);
        MemoryProcess disk = _memory.OpenProcess();
        for (int length = 0; length < last.Length; length++)
        {
            using IDiskFile file = disk.Open(PathOf(writer.Pack), DiskOpen.ReadWrite);
            file.SetLength(whole);
            file.Write(whole, last.AsSpan(0, length));
            file.SetLength(whole + last.Length); // zeros where the rest should be
            PackScan scan = store.Scan(writer.Pack, verifyBodies: true);
            Assert.Equal((1, 0, whole), (scan.Records.Count, scan.Damage.Count, scan.End));
        }
    }

    [Fact]
    public void Power_cut_at_every_call_keeps_what_was_synced()
    {
        long calls = 0;
        for (long point = 1; point == 1 || point <= calls; point++)
        {
            for (int luck = 0; luck < 20; luck++)
            {
                var disk = new MemoryDisk { LocksWait = false };
                var synced = new List<PackRecord>();
                disk.FaultHook = call => call.Number == point ? DiskFault.Crash : null;
                try
                {
                    Work(disk, synced);
                    calls = disk.Calls;
                }
                catch (SimulatedCrashException)
                {
                    calls = Math.Max(calls, point + 1);
                }

                disk.FaultHook = null;
                disk.PowerCut(luck switch { 0 => _ => 0, 1 => n => n - 1, _ => new Random((int)point * 7 + luck).Next });
                using PackStore store = Open(disk.OpenProcess(), 2);
                store.Recover();
                PackScan[] scans = [.. store.List().Select(p => store.Scan(p, verifyBodies: true))];
                Assert.Empty(synced.Except(scans.SelectMany(s => s.Records)));
                // A closed pack is listed by its headers alone: its end must never be there without what stands before it.
                Assert.Empty(scans.SelectMany(s => s.Damage));
                Assert.Empty(store.Recover());
            }
        }

        Assert.InRange(calls, 20, 100);
    }

    [Fact]
    public void A_failed_sync_ends_the_writer_and_what_was_not_stored_is_cut_off()
    {
        using PackStore store = Open(_memory.OpenProcess());
        PackWriter writer = store.CreateWriter();
        PackRecord kept = Assert.Single(writer.Append(Batch(1, 111)));
        writer.Sync();
        writer.Append(Batch(2, 222));
        bool failed = false;
        _memory.FaultHook = call =>
        {
            if (failed || call.Operation != "sync") return null;
            failed = true;
            return DiskFault.Failed;
        };
        Assert.Throws<DiskException>(writer.Sync);
        Assert.Throws<InvalidOperationException>(() => writer.Append(Batch(3, 3)));
        Assert.Throws<InvalidOperationException>(writer.Complete);
        writer.Dispose();
        using PackStore other = Open(_memory.OpenProcess(), 2);
        Assert.Equal([kept], Assert.Single(other.Recover()).Scan.Records);
    }

    [Fact]
    public void A_full_disk_ends_the_writer_and_keeps_what_was_synced()
    {
        using PackStore store = Open(_memory.OpenProcess());
        PackWriter writer = store.CreateWriter();
        PackRecord kept = Assert.Single(writer.Append(Batch(1, 111)));
        writer.Sync();
        _memory.FaultHook = call => call.Operation == "write" ? DiskFault.ShortWrite(99) : null;
        Assert.Equal(DiskFailure.Full, Assert.Throws<DiskException>(() => writer.Append(Batch(2, 222))).Failure);
        _memory.FaultHook = null;
        writer.Dispose();
        Assert.Equal([kept], Assert.Single(store.Recover()).Scan.Records);
    }

    [Fact]
    public void Many_packs_are_read_with_few_open_files()
    {
        using PackStore store = Open(_memory.OpenProcess());
        var records = new List<PackRecord>();
        for (int i = 0; i < 75; i++)
        {
            using PackWriter writer = store.CreateWriter();
            records.AddRange(writer.Append(Batch(i, 10 + i)));
            writer.Complete();
        }

        for (int i = 0; i < records.Count; i++)
        {
            var bytes = new byte[10 + i];
            store.Read(records[i].Position, bytes);
            Assert.Equal(Body(i, 10 + i), bytes);
        }

        Assert.Equal(32, store.OpenHandles);
    }

    private static void Work(MemoryDisk disk, List<PackRecord> synced)
    {
        using PackStore store = Open(disk.OpenProcess());
        for (int i = 0; i < 2; i++)
        {
            using PackWriter writer = store.CreateWriter();
            IReadOnlyList<PackRecord> first = writer.Append(Batch(i * 10, 700, 30));
            writer.Sync();
            synced.AddRange(first);
            writer.Align(512);
            IReadOnlyList<PackRecord> second = writer.Append(Batch(i * 10 + 5, 1_300));
            writer.Complete();
            synced.AddRange(second);
        }
    }
}
