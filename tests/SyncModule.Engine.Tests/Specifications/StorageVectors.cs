using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Tests.Specifications;

/// <summary>Log segments (§4) and packs (§5).</summary>
internal static class StorageVectors
{
    public static VectorFile Make()
    {
        var file = new VectorFile(VaultFormatVectors.Page, "storage.json", "framing of log and packs; record contents are arbitrary bytes here");
        var segment = new Id16(Fixed.Counting(0xa0, 16));
        var header = new byte[LogFormat.SegmentHeaderLength];
        LogFormat.WriteSegmentHeader(header, segment);
        var group = new LogGroupBuilder();
        group.Add(LogRecordType.Block, "block"u8);
        group.Add(LogRecordType.Commit, "commit"u8);
        LogFormat.WriteGroupHeader(group.Group, segment, 1);
        byte[] first = group.Group.ToArray();
        group.Clear();
        group.Add(LogRecordType.Object, "object"u8);
        LogFormat.WriteGroupHeader(group.Group, segment, 2);
        Assert.Equal(2, Read([.. header, .. first, .. group.Group]).Count);
        Assert.Single(Read([.. header, .. first, .. group.Group[..^1]]));
        file.Case("CRC-32C", ("bytes", "123456789"u8.ToArray()), ("crc", Crc32C.Compute("123456789"u8)))
            .Case("segment header", ("random", segment), ("header", header))
            .Case("first group: a block and its commit", ("number", 1), ("payload", first[24..]), ("group", first))
            .Case("second group: an object", ("number", 2), ("payload", group.Group[24..].ToArray()), ("group", group.Group.ToArray()));
        AddPack(file);
        return file;
    }

    private static void AddPack(VectorFile file)
    {
        var pack = new Id16(Fixed.Counting(0xb0, 16));
        byte[] body = Fixed.Counting(1, 272), record = new byte[ObjectRecord.HeaderLength + body.Length], padding = new byte[48];
        ObjectRecord.WriteHeader(record, Digest.Hash(body), body.Length);
        body.CopyTo(record, ObjectRecord.HeaderLength);
        ObjectRecord.WritePadding(padding);
        byte[] whole = [.. PackFormat.Header(pack), .. record, .. padding, .. PackFormat.EndRecord()];
        var disk = new MemoryDisk().OpenProcess();
        disk.CreateFolder(PackFormat.Folder);
        disk.ReplaceAtomically(PackFormat.PathOf(pack), whole);
        using var store = PackStore.Open(disk, _ => { });
        var scan = store.Scan(pack, verifyBodies: true);
        Assert.True(scan.IsComplete && scan.Damage.Count == 0 && scan.Records.Single().Address == Digest.Hash(body));
        file.Case("pack header", ("random", pack), ("header", PackFormat.Header(pack)))
            .Case("object record", ("sealed", body), ("record", record))
            .Case("padding of 48 bytes", ("record", padding))
            .Case("end record", ("record", PackFormat.EndRecord()))
            .Case("a whole pack", ("nameText", PackFormat.PathOf(pack)), ("pack", whole));
    }

    private static List<LogGroup> Read(byte[] segment)
    {
        var disk = new MemoryDisk().OpenProcess();
        disk.CreateFolder(CommitLog.Folder);
        disk.ReplaceAtomically(LogFormat.SegmentPath(1), segment);
        using var log = CommitLog.Open(disk, _ => { });
        return [.. log.ReadGroups(LogMark.Start)];
    }
}
