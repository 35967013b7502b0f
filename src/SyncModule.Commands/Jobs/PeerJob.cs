using System.Management.Automation;
using SyncModule.Commands.Errors;
using SyncModule.Commands.Vaults;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Transport;

namespace SyncModule.Commands.Jobs;

/// <summary>The part of a job that is with one peer, or with all those that connect here.</summary>
internal sealed class PeerJob : Job
{
    private readonly SyncJob _parent;
    private readonly OpenVault _open;
    private readonly SyncNode _node;
    private readonly JobReporter _merges;
    private readonly BoundedOutput _output;
    private readonly PeerAddress? _listen;
    private readonly bool _follow;
    private readonly TimeSpan? _timeout;
    private volatile string _status = "starting";

    internal PeerJob(SyncJob parent, OpenVault open, SyncNode node, JobReporter merges, string peer, PeerAddress? listen, bool follow, TimeSpan? timeout)
        : base(parent.Command, peer)
    {
        PSJobTypeName = SyncJob.TypeName;
        (_parent, _open, _node, _merges, _listen, _follow, _timeout) = (parent, open, node, merges, listen, follow, timeout);
        _output = new BoundedOutput(Output, open.Name, peer);
        foreach (var stream in new System.Collections.IEnumerable[] { Output, Error, Progress, Verbose, Warning, Debug, Information })
        {
            // A reader that waits would never come back from a job that goes on for days.
            stream.GetType().GetProperty(nameof(PSDataCollection<PSObject>.EnumeratorNeverBlocks))!.SetValue(stream, true);
        }
    }

    public override string Location => _open.Known.Path;

    public override string StatusMessage => _status;

    public override bool HasMoreData => Output.Count > 0 || Error.Count > 0 || Progress.Count > 0 || Verbose.Count > 0 || Warning.Count > 0 || Debug.Count > 0 || Information.Count > 0;

    internal bool IsListener => _listen is not null;

    internal long EventCount => _output.Count;

    internal void Start()
    {
        SetJobState(JobState.Running);
        new Thread(Run) { IsBackground = true, Name = $"sync {Name}" }.Start();
    }

    public override void StopJob() => _parent.StopJob();

    private void Run()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_parent.Stopping, _open.Lease.Locked);
        try
        {
            SyncException? error = _follow ? Follow(stop) : Round(stop.Token);
            End(error);
        }
        catch (SyncException e)
        {
            End(e);
        }
        catch (OperationCanceledException)
        {
            End(null);
        }
        catch (Exception e)
        {
            // The thread is ours: whatever it was is shown in the job instead of ending the process.
            End(SyncErrors.InternalError.With(e.Message, e));
        }
    }

    private SyncException? Follow(CancellationTokenSource stop)
    {
        if (_timeout is { } time) stop.CancelAfter(time);
        var reporter = new SyncReporterFor(_merges, _output.Add);
        reporter.StateChanged += text => _status = text;
        using var late = new Engine.Vaults.ChangeFollower(_open.Vault, reporter.TakeLate);
        if (_listen is null) reporter.FollowAsync(_node, Name, stop.Token).GetAwaiter().GetResult();
        else reporter.ServeAsync(_node, _listen, stop.Token).GetAwaiter().GetResult();
        return _listen is null ? reporter.NeverReached : null;
    }

    private SyncException? Round(CancellationToken stop)
    {
        var round = _node.SyncAsync([Name], new SyncRequest(Timeout: _timeout), progress: null, stop).GetAwaiter().GetResult();
        _merges.With(_output.Add, r =>
        {
            r.TakeNews(Name);
            _output.Add(r.Summary(round));
        });
        _status = round.Outcome.ToString();
        return round.Peers[0].Error;
    }

    // The error goes in before the state: a finished job's streams are closed.
    private void End(SyncException? error)
    {
        bool asked = _parent.Stopping.IsCancellationRequested;
        if (error is not null && !asked) Error.Add(ErrorRecords.From(error, Name));
        if (_status is "starting") _status = "ended";
        SetJobState(asked ? JobState.Stopped : error is not null ? JobState.Failed : JobState.Completed);
    }
}
