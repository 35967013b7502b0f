using System.Security.Cryptography;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Core.Tests.Merging;

/// <summary>
/// Short histories told by hand: devices A, B, C … (ids ascend with the letters), each commit with one operation. What a commit
/// depends on is said by what its device <see cref="Replica"/> had received.
/// </summary>
internal sealed class Story
{
    /// <summary>The one that all items of a story are in.</summary>
    public const string Collection = "files";

    private readonly Dictionary<char, (ProductReplica Replica, HashSet<CommitId> Seen, ulong Sequence)> _devices = [];
    private readonly List<WrittenCommit> _commits = [];

    public IReadOnlyList<WrittenCommit> Commits => _commits;

    public static DeviceId Device(char name) => new([.. Enumerable.Repeat((byte)name, 32)]);

    public static string Name(DeviceId device) => "device " + (char)device.ToArray()[0];

    public static ItemValue Text(string text) => ItemValue.FromBytes(System.Text.Encoding.UTF8.GetBytes(text));

    public static string Shown(ItemValue? value) => System.Text.Encoding.UTF8.GetString(value!.Inline.Span);

    public bool Has(char device, CommitId commit) => On(device).Seen.Contains(commit);

    /// <summary>What the device has applied, as a vector.</summary>
    public VersionVector Seen(char device)
    {
        var seen = new VersionVector();
        foreach (var commit in _commits.Where(c => Has(device, c.Id)))
        {
            var origin = commit.Operations[0].Origin;
            if (origin.Sequence > seen.Sequence(origin.Log)) seen.Set(origin.Log, new Tip(origin.Sequence, commit.Id));
        }

        return seen;
    }

    public ProductReplica Replica(char device) => On(device).Replica;

    public KeyState State(char device, string key = "key1") => Replica(device).State(key)!;

    public WrittenCommit Put(char device, string value, ulong time, string key = "key1") =>
        Write(device, time, Writes.Put(Replica(device).State(key), Collection, key, Text(value)));

    public WrittenCommit Delete(char device, ulong time) => Write(device, time, Writes.Delete(State(device)));

    /// <summary>Writes an operation under the timestamp rule, as an engine would.</summary>
    public WrittenCommit Write(char device, ulong time, Operation operation)
    {
        var (replica, seen, sequence) = On(device);
        var id = new CommitId(SHA256.HashData([(byte)device, (byte)_commits.Count]));
        var commitTime = new HybridTimestamp(time);
        var written = Writes.WithTimestampRule(operation, Writes.GreatestReplaced(replica.State(operation.Key), operation), commitTime);
        var past = new HashSet<CommitId>(seen);
        var log = new LogId([.. Enumerable.Repeat((byte)device, 16)]);
        var commit = new WrittenCommit(id, past, [new(written, new(new(id, 0), commitTime, Device(device), log, sequence + 1), past)]);
        _commits.Add(commit);
        _devices[device] = (replica, seen, sequence + 1);
        Deliver(device, commit);
        return commit;
    }

    /// <summary>The device gets these commits and whatever lies in their past.</summary>
    public void Deliver(char device, params WrittenCommit[] commits)
    {
        var (replica, seen, _) = On(device);
        foreach (var commit in commits)
        {
            seen.UnionWith(commit.Past);
            seen.Add(commit.Id);
        }

        replica.Receive(_commits.Where(c => seen.Contains(c.Id)));
    }

    public void DeliverAll(params char[] devices)
    {
        foreach (char device in devices) Deliver(device, [.. _commits]);
    }

    private (ProductReplica Replica, HashSet<CommitId> Seen, ulong Sequence) On(char device)
    {
        if (!_devices.ContainsKey(device)) _devices[device] = (new(), [], 0);
        return _devices[device];
    }
}
