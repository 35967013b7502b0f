using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Nodes;

/// <summary>A replica of dictionaries behind one lock. Commits are real records whose block lists the objects they name; objects count only after a flush.</summary>
internal sealed class FakeStore(VaultId vault, DeviceId device, EpochId epoch, IReadOnlySet<DeviceId> members) : ISessionReplica, ISessionStore
{
    private static readonly CommitId Genesis = new(SHA256.HashData("genesis"u8));

    private readonly Lock _gate = new();
    private readonly Dictionary<CommitId, (Commit Commit, CommitBundle Bundle)> _commits = [];
    private readonly List<CommitId> _order = [];
    private readonly VersionVector _held = new();
    private readonly Dictionary<ObjectAddress, byte[]> _objects = [];
    private readonly HashSet<ObjectAddress> _wanted = [];
    private readonly List<(ObjectAddress Address, byte[] Bytes)> _unflushed = [];
    private readonly List<Action<bool>> _watchers = [];
    private readonly LogId _log = new(device.ToArray().AsSpan(0, 16));

    /// <summary>Called at the start of each StoreObjects, outside the lock.</summary>
    public Action? BeforeObjects { get; set; }

    public VaultId Vault => vault;

    public DeviceId Device => device;

    public IReadOnlyList<CommitId> MembershipHeads { get; } = [Genesis];

    public EpochId? CurrentEpoch => epoch;

    public VersionVector Applied => Held(Lane.Data);

    public bool Full
    {
        get
        {
            lock (_gate) return _wanted.Count == 0;
        }
    }

    public Id32? StateDigest => null;

    public int CommitCount
    {
        get
        {
            lock (_gate) return _order.Count;
        }
    }

    public int ObjectCount
    {
        get
        {
            lock (_gate) return _objects.Count;
        }
    }

    public bool IsMember(DeviceId id) => members.Contains(id);

    public bool KnowsMembershipCommit(CommitId id) => id == Genesis;

    public VersionVector Held(Lane lane)
    {
        lock (_gate) return lane == Lane.Data ? _held.Clone() : new VersionVector();
    }

    public ICommitSource CommitsBehind(Lane lane, VersionVector theirs)
    {
        lock (_gate)
        {
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

            return new Source(new(lane == Lane.Membership ? [] : _order.Where(id => !known.Contains(id)).Select(id => _commits[id].Bundle).ToArray()));
        }
    }

    public IReadOnlyList<CommitBundle> CommitsById(IReadOnlyList<CommitId> ids)
    {
        lock (_gate) return [.. ids.Where(_commits.ContainsKey).Select(id => _commits[id].Bundle)];
    }

    public IReadOnlyList<ObjectAddress> Wanted(int max, IReadOnlySet<ObjectAddress> exclude)
    {
        lock (_gate) return [.. _wanted.Where(a => !exclude.Contains(a)).Take(max)];
    }

    public bool HasObject(ObjectAddress address)
    {
        lock (_gate) return _objects.ContainsKey(address);
    }

    public bool TryReadObjectRecord(ObjectAddress address, IBufferWriter<byte> destination)
    {
        byte[]? bytes;
        lock (_gate)
        {
            if (!_objects.TryGetValue(address, out bytes)) return false;
        }

        var head = destination.GetSpan(ObjectRecord.HeaderSize)[..ObjectRecord.HeaderSize];
        head.Clear();
        address.CopyTo(head);
        BinaryPrimitives.WriteUInt32BigEndian(head[Id32.Size..], (uint)bytes.Length);
        destination.Advance(head.Length);
        destination.Write(bytes);
        return true;
    }

    public IReadOnlyList<ObjectAddress> AddressesInRange(byte first, ObjectAddress? after, int max)
    {
        lock (_gate) return [.. _objects.Keys.Where(a => a.ToArray()[0] == first && (after is not { } low || a > low)).Order().Take(max)];
    }

    /// <summary>Writes one commit that names new objects of these sizes.</summary>
    public void Write(Random random, params int[] sizes)
    {
        lock (_gate)
        {
            var block = new MemoryStream();
            foreach (int size in sizes)
            {
                var bytes = new byte[size];
                random.NextBytes(bytes);
                ObjectAddress address = new(SHA256.HashData(bytes));
                _objects[address] = bytes;
                block.Write(address.ToArray());
            }

            var tip = _held[_log] is [.., var last] ? last : new Tip(0, CommitId.Zero);
            var entry = new BlockEntry(new(new byte[16]), BlockIdOf(block.ToArray()), (int)block.Length);
            var header = new CommitHeader(vault, Lane.Data, device, _log, tip.Sequence + 1, tip.Id, [], [Genesis], new HybridTimestamp(1), CommitFlags.None, [entry]);
            var commit = Commit.Create(header, _ => new byte[64]);
            Take(commit, new CommitBundle(commit.Record, [block.ToArray()], []));
        }

        Announce();
    }

    public StoreResult StoreCommits(Lane lane, IReadOnlyList<CommitBundle> bundles)
    {
        int stored = 0, duplicates = 0, rejected = 0;
        lock (_gate)
        {
            foreach (var bundle in bundles)
            {
                var commit = Commit.Decode(bundle.Record);
                if (BlockIdOf(bundle.Blocks[0]) != commit.Header.Blocks[0].Id) rejected++;
                else if (_commits.ContainsKey(commit.Id)) duplicates++;
                else
                {
                    Take(commit, bundle);
                    stored++;
                }
            }
        }

        return new(stored, duplicates, rejected);
    }

    public IReadOnlyList<CheckedObjects> CheckObjects(IReadOnlyList<ReadOnlyMemory<byte>> bodies) => [.. bodies.Select(Check)];

    private static CheckedObjects Check(ReadOnlyMemory<byte> records)
    {
        var (good, rejected) = (new List<CheckedObject>(), new List<ObjectAddress>());
        for (int at = 0; at < records.Length;)
        {
            var address = ObjectRecord.ReadHeader(records.Span[at..], out int length);
            if (new ObjectAddress(SHA256.HashData(records.Span.Slice(at + ObjectRecord.HeaderSize, length))) == address) good.Add(new(address, at, length));
            else rejected.Add(address);
            at += ObjectRecord.HeaderSize + length;
        }

        return new(records, good, rejected);
    }

    public ObjectsResult StoreObjects(CheckedObjects objects)
    {
        BeforeObjects?.Invoke();
        foreach (var one in objects.Good) _unflushed.Add((one.Address, objects.Records.Span.Slice(one.Offset + ObjectRecord.HeaderSize, one.Length).ToArray()));
        return new([.. objects.Good.Select(o => o.Address)], objects.Rejected);
    }

    public void FlushObjects()
    {
        lock (_gate)
        {
            foreach (var (address, bytes) in _unflushed)
            {
                _objects[address] = bytes;
                _wanted.Remove(address);
            }
        }

        _unflushed.Clear();
    }

    public IDisposable Subscribe(Action<bool> changed)
    {
        lock (_gate) _watchers.Add(changed);
        return new Subscription(() =>
        {
            lock (_gate) _watchers.Remove(changed);
        });
    }

    public void AssertSameAs(FakeStore other)
    {
        Assert.True(Held(Lane.Data).SameAs(other.Held(Lane.Data)));
        Assert.True(Full && other.Full);
        Assert.Equal(_objects.Keys.Order(), other._objects.Keys.Order());
    }

    private static BlockId BlockIdOf(byte[] block) => new(SHA256.HashData([.. Labels.Block, .. block]));

    private void Take(Commit commit, CommitBundle bundle)
    {
        _commits.Add(commit.Id, (commit, bundle));
        _order.Add(commit.Id);
        _held.Advance(commit.Header.Log, commit.Header.Previous, new(commit.Header.Sequence, commit.Id));
        foreach (var chunk in bundle.Blocks[0].Chunk(Id32.Size))
        {
            if (!_objects.ContainsKey(new(chunk))) _wanted.Add(new(chunk));
        }
    }

    private void Announce()
    {
        Action<bool>[] watchers;
        lock (_gate) watchers = [.. _watchers];
        foreach (var watcher in watchers) watcher(false);
    }

    private sealed class Source(Queue<CommitBundle> bundles) : ICommitSource
    {
        public CommitBundle? Next() => bundles.TryDequeue(out var bundle) ? bundle : null;

        public void Dispose() => bundles.Clear();
    }

    private sealed class Subscription(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
