using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Core.Protocol;

namespace SyncModule.Core.Tests.Protocol;

/// <summary>
/// A replica of dictionaries. Commits are real records; a data block holds the addresses of the objects it names, a membership block
/// holds kind ‖ id (0 founder, 1 add, 2 remove, 3 rotate). A signature that begins with ff is a bad one.
/// </summary>
internal sealed class FakeReplica : ISessionReplica
{
    private readonly Dictionary<CommitId, (Commit Commit, CommitBundle Bundle)> _commits = [];
    private readonly List<CommitId>[] _order = [[], []];
    private readonly VersionVector[] _held = [new(), new()];
    private readonly List<CommitBundle> _waiting = [];
    private readonly LogId _log;
    private readonly LogId _memberLog;

    public FakeReplica(int number)
    {
        Device = Bytes32("device", number);
        _log = Log("data", number);
        _memberLog = Log("member", number);
    }

    public SortedDictionary<ObjectAddress, byte[]> Objects { get; } = [];

    public VaultId Vault { get; } = Bytes32("vault", 0);

    public DeviceId Device { get; }

    public Id32? StateDigest
    {
        get
        {
            OnStateDigest?.Invoke();
            return field;
        }
        set;
    }

    /// <summary>What <see cref="ISessionReplica.Fresh"/> gives; how often the usual way was taken stands in <see cref="Looks"/>.</summary>
    public Func<VersionVector, FreshCommits?> Remembered { get; set; } = _ => null;

    public int Looks { get; private set; }

    public FreshCommits? Fresh(VersionVector theirs) => Remembered(theirs);

    /// <summary>Called when the digest is asked for: it is the dear part of an acknowledgement.</summary>
    public Action? OnStateDigest { get; set; }

    public int Commits => _order[0].Count;

    public IReadOnlyList<CommitId> DataOrder => _order[0];

    public IReadOnlyList<CommitId> MembershipHeads
    {
        get
        {
            var parents = _order[1].SelectMany(id => _commits[id].Commit.Header.Members).ToHashSet();
            return [.. _order[1].Where(id => !parents.Contains(id))];
        }
    }

    /// <summary>No epoch is current, as in a vault whose every epoch is tainted.</summary>
    public bool Tainted { get; set; }

    public EpochId? CurrentEpoch => Tainted ? null : (MembershipFacts(3).Any() ? MembershipFacts(3) : MembershipFacts(0)).Select(f => (EpochId?)f).Max();

    public VersionVector Applied => _held[0].Clone();

    public bool Full => Wanted(1, new HashSet<ObjectAddress>()).Count == 0;

    private IEnumerable<ObjectAddress> Referenced => _order[0].SelectMany(id => Names(_commits[id].Bundle)).Distinct();

    public static Id32 Bytes32(string what, int number) => new(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{what} {number}")));

    public static LogId Log(string what, int number) => new(Bytes32(what, number).ToArray().AsSpan(0, 16));

    public bool IsMember(DeviceId device) => (MembershipFacts(0).Any() && device == Bytes32("device", 0)) || (MembershipFacts(1).Contains(device) && !MembershipFacts(2).Contains(device));

    public bool KnowsMembershipCommit(CommitId id) => _order[1].Contains(id);

    public VersionVector Held(Lane lane) => _held[(int)lane].Clone();

    public ICommitSource CommitsBehind(Lane lane, VersionVector theirs)
    {
        Looks++;
        var known = new HashSet<CommitId>();
        foreach (var (_, tips) in theirs.Logs)
        {
            foreach (var tip in tips)
            {
                for (var id = tip.Id; _commits.TryGetValue(id, out var c) && known.Add(id); id = c.Commit.Header.Previous)
                {
                }
            }
        }

        return new Source(new(_order[(int)lane].Where(id => !known.Contains(id)).Select(Bundle)));
    }

    public IReadOnlyList<CommitBundle> CommitsById(IReadOnlyList<CommitId> ids) => [.. ids.Where(id => _commits.ContainsKey(id)).Select(Bundle)];

    public IReadOnlyList<ObjectAddress> Wanted(int max, IReadOnlySet<ObjectAddress> exclude) => [.. Referenced.Where(a => !Objects.ContainsKey(a) && !exclude.Contains(a)).Take(max)];

    public bool HasObject(ObjectAddress address) => Objects.ContainsKey(address);

    public bool TryReadObjectRecord(ObjectAddress address, IBufferWriter<byte> destination)
    {
        if (!Objects.TryGetValue(address, out var bytes)) return false;
        destination.Write(Record(address, bytes));
        return true;
    }

    public IReadOnlyList<ObjectAddress> AddressesInRange(byte first, ObjectAddress? after, int max) =>
        [.. Objects.Keys.Where(a => a.ToArray()[0] == first && (after is not { } low || a > low)).Take(max)];

    public static byte[] Record(ObjectAddress address, byte[] bytes)
    {
        var record = new byte[ObjectRecord.HeaderSize + bytes.Length];
        address.CopyTo(record);
        BinaryPrimitives.WriteUInt32BigEndian(record.AsSpan(32), (uint)bytes.Length);
        bytes.CopyTo(record.AsSpan(ObjectRecord.HeaderSize));
        return record;
    }

    public ObjectAddress AddObject(byte[] bytes)
    {
        ObjectAddress address = new(SHA256.HashData(bytes));
        Objects[address] = bytes;
        return address;
    }

    /// <summary>Writes a data commit; <paramref name="previous"/> starts a branch elsewhere than at the tip.</summary>
    public CommitId Write(IReadOnlyList<ObjectAddress> names, CommitId? previous = null, int salt = 0, LogId? log = null, bool badSignature = false)
    {
        var of = log ?? _log;
        byte[] block = [.. BitConverter.GetBytes(salt), .. names.SelectMany(a => a.ToArray())];
        var before = previous ?? (_held[0][of] is [.., var tip] ? tip.Id : CommitId.Zero);
        ulong sequence = before.IsZero ? 1 : _commits[before].Commit.Header.Sequence + 1;
        return Create(Lane.Data, of, sequence, before, [.. MembershipHeads.Order()], block, Bytes32("tag", 1).ToArray().AsSpan(0, 16), badSignature);
    }

    /// <summary>Writes a membership commit on the present heads.</summary>
    public CommitId WriteMember(byte kind, Id32 id, bool badSignature = false)
    {
        var tips = _held[1][_memberLog];
        return Create(Lane.Membership, _memberLog, tips.Count == 0 ? 1 : tips[^1].Sequence + 1, tips.Count == 0 ? CommitId.Zero : tips[^1].Id, [.. MembershipHeads.Order()], [kind, .. id.ToArray()], new byte[16], badSignature);
    }

    /// <summary>Genesis by device 0 with everybody added and one epoch, in each replica alike.</summary>
    public static void Found(params FakeReplica[] replicas)
    {
        replicas[0].WriteMember(0, Bytes32("epoch", 0));
        foreach (var replica in replicas.Skip(1)) replicas[0].WriteMember(1, replica.Device);
        foreach (var replica in replicas.Skip(1)) replicas[0].CopyMembershipTo(replica);
    }

    public void CopyMembershipTo(FakeReplica other)
    {
        using var source = CommitsBehind(Lane.Membership, other.Held(Lane.Membership));
        while (source.Next() is { } bundle) other.Store([bundle]);
    }

    public (int Stored, int Duplicates, int Rejected) Store(IReadOnlyList<CommitBundle> bundles)
    {
        int duplicates = 0, rejected = 0;
        foreach (var bundle in bundles)
        {
            var commit = Commit.Decode(bundle.Record);
            bool good = bundle.Record[^Commit.SignatureSize] != 0xFF && bundle.Blocks.Select(b => Digest.HashOf(Labels.Block, b)).SequenceEqual(commit.Header.Blocks.Select(b => b.Id));
            if (!good) rejected++;
            else if (_commits.ContainsKey(commit.Id)) duplicates++;
            else _waiting.Add(bundle);
        }

        for (bool moved = true; moved;)
        {
            moved = false;
            foreach (var bundle in _waiting.ToArray())
            {
                var commit = Commit.Decode(bundle.Record);
                var h = commit.Header;
                bool ready = (h.Previous.IsZero || _commits.ContainsKey(h.Previous)) && (h.Lane == Lane.Data || h.Members.All(_commits.ContainsKey));
                if (!ready && !_commits.ContainsKey(commit.Id)) continue;
                _waiting.Remove(bundle);
                if (!_commits.TryAdd(commit.Id, (commit, bundle))) continue;
                _order[(int)h.Lane].Add(commit.Id);
                _held[(int)h.Lane].Advance(h.Log, h.Previous, new(h.Sequence, commit.Id));
                moved = true;
            }
        }

        return (bundles.Count - duplicates - rejected, duplicates, rejected);
    }

    public (List<ObjectAddress> Stored, List<ObjectAddress> Rejected) StoreObjects(ReadOnlySpan<byte> records)
    {
        var (stored, rejected) = (new List<ObjectAddress>(), new List<ObjectAddress>());
        while (records.Length > 0)
        {
            var address = ObjectRecord.ReadHeader(records, out int length);
            var bytes = records.Slice(ObjectRecord.HeaderSize, length).ToArray();
            records = records[(ObjectRecord.HeaderSize + length)..];
            bool good = new ObjectAddress(SHA256.HashData(bytes)) == address;
            (good ? stored : rejected).Add(address);
            if (good) Objects[address] = bytes;
        }

        return (stored, rejected);
    }

    private CommitId Create(Lane lane, LogId log, ulong sequence, CommitId previous, CommitId[] members, byte[] block, ReadOnlySpan<byte> tag, bool badSignature)
    {
        var entry = new BlockEntry(new(tag), Digest.HashOf(Labels.Block, block), block.Length);
        var header = new CommitHeader(Vault, lane, Device, log, sequence, previous, [], members, new HybridTimestamp(1), CommitFlags.None, [entry]);
        var commit = Commit.Create(header, _ => badSignature ? [.. Enumerable.Repeat((byte)0xFF, 64)] : new byte[64]);
        _commits.Add(commit.Id, (commit, new(commit.Record, [block], [])));
        _order[(int)lane].Add(commit.Id);
        _held[(int)lane].Advance(log, previous, new(sequence, commit.Id));
        return commit.Id;
    }

    private CommitBundle Bundle(CommitId id)
    {
        var bundle = _commits[id].Bundle;
        bool data = _commits[id].Commit.Header.Lane == Lane.Data;
        return data ? bundle with { SmallObjects = [.. Names(bundle).Where(a => Objects.TryGetValue(a, out var o) && o.Length <= SessionLimits.SmallObject)] } : bundle;
    }

    private static IEnumerable<ObjectAddress> Names(CommitBundle bundle) => bundle.Blocks[0].AsMemory(4).ToArray().Chunk(32).Select(a => new ObjectAddress(a));

    private IEnumerable<Id32> MembershipFacts(byte kind) => _order[1].Select(id => _commits[id].Bundle.Blocks[0]).Where(b => b[0] == kind).Select(b => new Id32(b.AsSpan(1)));

    private sealed class Source(Queue<CommitBundle> bundles) : ICommitSource
    {
        public CommitBundle? Next() => bundles.TryDequeue(out var bundle) ? bundle : null;

        public void Dispose() => bundles.Clear();
    }
}
