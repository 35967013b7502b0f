using System.Security.Cryptography;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Tests.Storage;

/// <summary>Packs whose writers died, on disks that lost some of what they had written (docs/decisions/023).</summary>
public sealed class PackRecoveryTests
{
    private static byte[] Record(int seed, int length)
    {
        var record = new byte[ObjectRecord.HeaderLength + length];
        new Random(seed).NextBytes(record.AsSpan(ObjectRecord.HeaderLength));
        ObjectRecord.WriteHeader(record, new ObjectAddress(SHA256.HashData(record.AsSpan(ObjectRecord.HeaderLength))), length);
        return record;
    }

    private static PackStore Open(MemoryDisk disk, int seed = 1) => PackStore.Open(disk.OpenProcess(), LogFixture.Bytes(seed));

    [Fact]
    public void Whatever_a_power_cut_left_of_a_pack_that_was_never_synced_is_no_damage()
    {
        int gaps = 0;
        for (int seed = 0; seed < 400; seed++)
        {
            var disk = new MemoryDisk();
            using var writing = Open(disk);
            var writer = writing.CreateWriter();
            for (int i = 0; i < 4; i++) writer.Append(Record(i, seed % 2 == 0 ? 700 : 41));
            disk.PowerCut(new Random(seed).Next);

            using var store = Open(disk);
            int found = store.List().Sum(p => store.Scan(p, verifyBodies: true).Damage.Count);
            store.Recover();
            Assert.Empty(store.Recover());
            foreach (var pack in store.List()) Assert.Empty(store.Scan(pack, verifyBodies: true).Damage);
            gaps += found;
        }

        Assert.True(gaps > 20, "hardly any cut left a gap");
    }

    [Fact]
    public void What_the_dead_writer_could_neither_sync_nor_cut_is_written_again_before_it_counts()
    {
        var disk = new MemoryDisk();
        using var writing = Open(disk);
        var writer = writing.CreateWriter();
        var synced = Assert.Single(writer.Append(Record(1, 500)));
        writer.Sync();
        var doubtful = Assert.Single(writer.Append(Record(2, 600)));
        disk.FaultHook = call => call.Operation is "sync" or "truncate" ? DiskFault.Failed : null;
        Assert.Throws<DiskException>(writer.Sync);
        writer.Dispose();
        disk.FaultHook = null;

        using var store = Open(disk, 2);
        Assert.Equal([synced, doubtful], Assert.Single(store.Recover()).Scan.Records);
        disk.PowerCut(_ => 0);
        using var later = Open(disk, 3);
        var scan = later.Scan(writer.Pack, verifyBodies: true);
        Assert.Equal([synced, doubtful], scan.Records);
        Assert.Empty(scan.Damage);
        Assert.True(scan.IsComplete);
    }
}
