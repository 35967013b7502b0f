using System.Management.Automation;
using SyncModule.Commands.Vaults;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Transport;

namespace SyncModule.Commands.Jobs;

/// <summary>
/// A sync in the background: a plain job with a child for each peer, and one that lets others connect. Its state is derived from theirs; it ends when the last of them
/// has ended, Failed when one failed.
/// </summary>
public sealed class SyncJob : Job
{
    public const string TypeName = "SyncJob";

    private readonly OpenVault _open;
    private readonly SyncNode _node;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _ended = new();
    private bool _stopping;
    private bool _ending;
    private bool _disposed;

    internal SyncJob(string command, OpenVault open, IReadOnlyList<string> peers, PeerAddress? listen, bool follow, TimeSpan? timeout)
        : base(command, open.Name)
    {
        PSJobTypeName = TypeName;
        _open = open;
        _node = new SyncNode(open.Vault, new NodeOptions { Folder = open.Known.Path });
        Location = open.Known.Path;
        // One source of merge records for all peers, so that each record comes once.
        var merges = new JobReporter(open);
        foreach (string peer in peers) ChildJobs.Add(new PeerJob(this, open, _node, merges, peer, listen: null, follow, timeout));
        if (listen is not null) ChildJobs.Add(new PeerJob(this, open, _node, merges, "listener", listen, follow, timeout));
    }

    public override string Location { get; }

    public override string StatusMessage
    {
        get
        {
            var children = Children().ToList();
            // A listener's own line names those that are connected.
            return $"{string.Join(", ", children.Select(c => c.IsListener ? c.StatusMessage : $"{c.Name} {c.StatusMessage}"))}; {children.Sum(c => c.EventCount)} events";
        }
    }

    public override bool HasMoreData => ChildJobs.Any(c => c.HasMoreData);

    internal CancellationToken Stopping => _stop.Token;

    internal void Start()
    {
        SetJobState(JobState.Running);
        foreach (var child in Children()) child.StateChanged += (_, _) => ChildChanged();
        foreach (var child in Children()) child.Start();
    }

    public override void StopJob()
    {
        lock (_gate)
        {
            if (_stopping || IsFinished(JobStateInfo.State)) return;
            _stopping = true;
        }

        SetJobState(JobState.Stopping);
        _stop.Cancel();
        _ended.Wait();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            lock (_gate)
            {
                if (_disposed) return;
                _disposed = true;
            }

            if (!IsFinished(JobStateInfo.State)) StopJob();
            foreach (var child in ChildJobs) child.Dispose();
            _stop.Dispose();
        }

        base.Dispose(disposing);
    }

    internal static bool IsFinished(JobState state) => state is JobState.Completed or JobState.Failed or JobState.Stopped;

    private IEnumerable<PeerJob> Children() => ChildJobs.Cast<PeerJob>();

    private void ChildChanged()
    {
        lock (_gate)
        {
            if (_ending || !Children().All(c => IsFinished(c.JobStateInfo.State))) return;
            _ending = true;
            _node.Dispose();
            _open.Lease.Dispose();
        }

        SetJobState(Children().Any(c => c.JobStateInfo.State == JobState.Failed) ? JobState.Failed : _stopping ? JobState.Stopped : JobState.Completed);
        _ended.Set();
    }
}
