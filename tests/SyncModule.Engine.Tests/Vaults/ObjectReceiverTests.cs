using System.Security.Cryptography;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Vaults;
using ObjectRecord = SyncModule.Engine.Storage.ObjectRecord;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>Objects from a session into a pack: in place where they stand in blocks, copied where they do not, and in any case what they were.</summary>
public sealed class ObjectReceiverTests : IDisposable
{
    private readonly TestVault _vault = TestVault.Create();
    private readonly ReceiveMemory _memory = new();
    private readonly Dictionary<ObjectAddress, byte[]> _sent = [];
    private int _seed;

    public void Dispose()
    {
        _memory.Dispose();
        _vault.Dispose();
    }

    [Fact]
    public void Bodies_in_blocks_and_in_arrays_with_flushes_anywhere_are_stored_as_they_came()
    {
        var random = new Random(5);
        using (var receiver = _vault.Vault.NewObjectReceiver())
        {
            for (int i = 0; i < 120; i++)
            {
                byte[] body = Body([.. Enumerable.Range(0, random.Next(1, 9)).Select(_ => random.Next(1, 60_001))]);
                Give(receiver, body, lent: random.Next(8) > 0);
                if (random.Next(25) == 0) receiver.Flush();
            }

            receiver.Flush();
            AssertAllHere();
        }

        _vault.Reopen();
        AssertAllHere();
        new FolderStores(_vault.Folder, null).DeleteIndex();
        _vault.Reopen();
        AssertAllHere();
    }

    [Fact]
    public void A_record_that_is_not_its_address_is_left_out_and_its_neighbours_are_kept()
    {
        using var receiver = _vault.Vault.NewObjectReceiver();
        Give(receiver, Body(300_001), lent: true);
        byte[] body = Body(50_001, 50_003, 50_005);
        int second = ObjectRecord.HeaderLength + 50_001;
        body[second + ObjectRecord.HeaderLength + 7] ^= 1;
        var bad = new ObjectAddress(body.AsSpan(second, Id32.Size));
        _sent.Remove(bad);
        var result = Give(receiver, body, lent: true);
        Assert.Equal([bad], result.Rejected);
        Assert.Equal(2, result.Stored.Count);
        Give(receiver, Body(10, 20), lent: true);
        receiver.Flush();
        AssertAllHere();
        Assert.False(_vault.Vault.HasObject(bad));
    }

    [Fact]
    public void A_known_object_counts_as_stored_and_is_not_written_again()
    {
        using var receiver = _vault.Vault.NewObjectReceiver();
        byte[] body = Body(70_001, 70_003);
        Give(receiver, body, lent: true);
        receiver.Flush();
        long before = _vault.Vault.Status().Bytes;
        Assert.Equal(2, Give(receiver, body, lent: true).Stored.Count);
        Give(receiver, Body(9), lent: true);
        receiver.Flush();
        Assert.Equal(before + 9, _vault.Vault.Status().Bytes);
        AssertAllHere();
    }

    [Fact]
    public void An_object_larger_than_a_block_goes_alone()
    {
        using var receiver = _vault.Vault.NewObjectReceiver();
        Give(receiver, Body(100), lent: true);
        Assert.Null(_memory.Rent(5 << 20));
        Give(receiver, Body(5 << 20), lent: false);
        Give(receiver, Body(100, 200), lent: true);
        receiver.Flush();
        AssertAllHere();
    }

    [Fact]
    public void Bytes_that_are_no_records_are_malformed()
    {
        byte[] body = Body(100);
        Assert.Throws<VaultFormatException>(() => ObjectReceiver.Check(body.AsMemory(0, body.Length - 1)));
        body[33] ^= 1;
        Assert.Throws<VaultFormatException>(() => ObjectReceiver.Check(body));
        Assert.Throws<VaultFormatException>(() => ObjectReceiver.Check(new byte[ObjectRecord.HeaderLength]));
    }

    [Fact]
    public void What_is_asked_for_is_given_in_whole_frames_with_what_is_missing_named()
    {
        using (var receiver = _vault.Vault.NewObjectReceiver())
        {
            for (int i = 0; i < 40; i++) Give(receiver, Body(30_001 + i, 200_003 + i, 17), lent: true);
            Give(receiver, Body(3 << 20), lent: true);
            receiver.Flush();
        }

        var random = new Random(3);
        var absent = new ObjectAddress(SHA256.HashData("absent"u8));
        foreach (bool ahead in new[] { false, true })
        {
            ObjectAddress[] asked = [.. _sent.Keys.Append(absent)];
            random.Shuffle(asked);
            var replica = new SessionReplica(_vault.Vault, ahead ? s => new ReadAhead(s) : null);
            using var source = replica.Objects(asked);
            var got = new Dictionary<ObjectAddress, byte[]>();
            var missing = new List<ObjectAddress>();
            for (bool last = false; !last;)
            {
                var batch = source.Next();
                last = batch.Last;
                missing.AddRange(batch.Missing);
                var walked = ObjectReceiver.Check(batch.Records);
                Assert.Equal(batch.Count, walked.Good.Count);
                Assert.True(batch.Records.Length <= SessionLimits.ObjectsFrame || batch.Count == 1);
                foreach (var one in walked.Good) got.Add(one.Address, batch.Records.Span.Slice(one.Offset + ObjectRecord.HeaderLength, one.Length).ToArray());
                batch.Done?.Invoke();
            }

            Assert.Equal([absent], missing);
            Assert.Equal(_sent.Count, got.Count);
            Assert.All(_sent, one => Assert.Equal(one.Value, got[one.Key]));
        }
    }

    [Fact]
    public void A_source_that_nobody_reads_to_its_end_gives_its_memory_back()
    {
        using (var receiver = _vault.Vault.NewObjectReceiver())
        {
            for (int i = 0; i < 30; i++) Give(receiver, Body(500_001 + i), lent: true);
        }

        var source = new ReadAhead(new StoredObjects(_vault.Vault, [.. _sent.Keys]));
        var held = source.Next();
        source.Dispose();
        Assert.True(held.Records.Span.Length > 0); // still being sent
        held.Done!();
    }

    private byte[] Body(params int[] lengths)
    {
        var body = new MemoryStream();
        foreach (int length in lengths)
        {
            var bytes = new byte[length];
            new Random(++_seed).NextBytes(bytes);
            var address = new ObjectAddress(SHA256.HashData(bytes));
            var header = new byte[ObjectRecord.HeaderLength];
            ObjectRecord.WriteHeader(header, address, length);
            body.Write(header);
            body.Write(bytes);
            _sent[address] = bytes;
        }

        return body.ToArray();
    }

    // As the store thread does: the frame's memory goes back as soon as the call has returned.
    private ObjectsReceived Give(ObjectReceiver receiver, byte[] body, bool lent)
    {
        if (!lent || _memory.Rent(body.Length) is not { } room) return receiver.Store(body, flush: false);
        body.CopyTo(room.Memory.Span);
        var result = receiver.Store(room.Memory, flush: false);
        room.Release();
        return result;
    }

    private void AssertAllHere()
    {
        var addresses = _sent.Keys.ToList();
        var locations = _vault.Vault.Locate(addresses);
        for (int i = 0; i < addresses.Count; i++)
        {
            Assert.NotNull(locations[i]);
            var record = new byte[ObjectRecord.HeaderLength + locations[i]!.Value.Length];
            Assert.True(_vault.Vault.TryReadRecords([(addresses[i], locations[i]!.Value)], record));
            Assert.Equal(_sent[addresses[i]], record[ObjectRecord.HeaderLength..]);
        }
    }
}
