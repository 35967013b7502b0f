using System.Management.Automation;
using SyncModule.Commands.Errors;
using SyncModule.Commands.Jobs;
using SyncModule.Commands.Vaults;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Transport;

namespace SyncModule.Commands.Syncing;

/// <summary>
/// Start-VaultSync: one round with each peer, or staying connected. Merge records come as they are decided, one summary comes last.
/// </summary>
[Cmdlet(VerbsLifecycle.Start, "VaultSync", DefaultParameterSetName = RoundSet, SupportsShouldProcess = true)]
[OutputType(typeof(SyncMerge), typeof(SyncStale), typeof(SyncEvent), typeof(SyncSummary))]
[OutputType(typeof(SyncJob), ParameterSetName = [JobSet])]
public sealed class StartVaultSyncCommand : VaultCmdlet
{
    private const string RoundSet = "Round", FollowSet = "Follow", JobSet = "Job";
    private const int ProgressId = 2202;

    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [PeerName]
    [ArgumentCompleter(typeof(Completion.PeerNameCompleter))]
    public string[]? Peer { get; set; }

    /// <summary>Only send.</summary>
    [Parameter(ParameterSetName = RoundSet)]
    public SwitchParameter Push { get; set; }

    /// <summary>Only receive.</summary>
    [Parameter(ParameterSetName = RoundSet)]
    public SwitchParameter Pull { get; set; }

    /// <summary>Stay connected, both ways, until Ctrl+C, -TimeoutSec or SIGTERM.</summary>
    [Parameter(Mandatory = true, ParameterSetName = FollowSet)]
    [Parameter(ParameterSetName = JobSet)]
    public SwitchParameter Follow { get; set; }

    /// <summary>Let other machines of the vault connect here too: ADDRESS, ADDRESS:PORT; port 0 = any.</summary>
    [Parameter(ParameterSetName = FollowSet)]
    [Parameter(ParameterSetName = JobSet)]
    [ValidateNotNullOrEmpty]
    public string? Listen { get; set; }

    /// <summary>Run in the background of this process.</summary>
    [Parameter(Mandatory = true, ParameterSetName = JobSet)]
    public SwitchParameter AsJob { get; set; }

    /// <summary>End after this many seconds; what arrived is kept.</summary>
    [Parameter]
    [ValidateRange(1, 7 * 24 * 3600)]
    public int? TimeoutSec { get; set; }

    // A key file that is not there, and -ErrorAction Continue: no summary, whose missing exit code a scheduler takes for 0.
    private protected override bool EndsWithAnyError => true;

    protected override void Process()
    {
        if (Listen is not null && !Follow) throw SyncErrors.UsageWrong.With("-Listen needs -Follow: one round does not wait for others");
        var listen = Listen is null ? null : PeerAddress.Parse(Listen);
        var open = Open();
        var peers = SyncPeers.Of(open.Vault, Peer, mayBeNone: listen is not null);
        string action = Follow ? "Stay in sync" : "Sync";
        peers = [.. peers.Where(p => ShouldProcess($"vault {open.Name} with {SyncPeers.Lacks(open.Vault, p)}", action))];
        if (listen is not null && !ShouldProcess($"vault {open.Name}", $"Let other machines connect at {listen}")) listen = null;
        if (peers.Count == 0 && listen is null) return;
        if (AsJob) StartJob(open, peers, listen);
        else if (Follow) RunFollow(open, peers, listen);
        else RunRound(open, peers);
    }

    private void StartJob(OpenVault open, IReadOnlyList<string> peers, PeerAddress? listen)
    {
        // The job keeps a lease of its own: it outlives this command.
        var lease = Engine.Profiles.OpenVaults.OfProcess.Find(open.Known.Path) ?? throw SyncErrors.VaultLocked.With($"Vault {open.Name} was locked meanwhile");
        var job = new SyncJob(MyInvocation.Line, open with { Lease = lease }, peers, listen, Follow, TimeoutSec is { } s ? TimeSpan.FromSeconds(s) : null);
        JobRepository.Add(job);
        job.Start();
        WriteObject(job);
    }

    private void RunRound(OpenVault open, IReadOnlyList<string> peers)
    {
        bool both = Push == Pull;
        var request = new SyncRequest(Push || both, Pull || both, TimeoutSec is { } s ? TimeSpan.FromSeconds(s) : null);
        var bars = new PeerProgress($"Sync of vault {open.Name}", ProgressId);
        using var pump = new Pump(StopToken);
        using var termination = new Termination();
        using var node = NodeOf(open);
        var reporter = new SyncReporter(open, e => pump.Post(() => WriteObject(e)));
        RoundSummary? round = null;
        pump.Run(
            async stop =>
            {
                using var all = CancellationTokenSource.CreateLinkedTokenSource(stop, termination.Token, open.Lease.Locked);
                var progress = new Reporting<SyncProgress>(p =>
                {
                    if (bars.Report(p) is { } record) pump.Post(() => { WriteProgress(bars.Parent(string.Join(", ", peers))); WriteProgress(record); });
                });
                round = await RunSoftly(node, peers, request, progress, all.Token, stop, open.Vault).ConfigureAwait(false);
                reporter.TakeNews(peers.Count == 1 ? peers[0] : null);
            },
            last: () => Complete(bars));
        Finish(open, reporter, round!);
    }

    // SIGTERM and a locked vault end the round with a summary; Ctrl+C ends the command without one.
    private static async Task<RoundSummary> RunSoftly(SyncNode node, IReadOnlyList<string> peers, SyncRequest request, IProgress<SyncProgress> progress, CancellationToken all, CancellationToken hard, Engine.Vaults.Vault vault)
    {
        long start = vault.Time.GetTimestamp();
        try
        {
            return await node.SyncAsync(peers, request, progress, all).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!hard.IsCancellationRequested)
        {
            var error = SyncErrors.Interrupted.With("The round was ended from here");
            return RoundSummary.Of([.. peers.Select(p => new PeerResult(p, null, SyncOutcome.Failed, error, null))], vault.Time.GetElapsedTime(start).TotalSeconds, conflicts: 0);
        }
    }

    private void Finish(OpenVault open, SyncReporter reporter, RoundSummary round)
    {
        foreach (var peer in round.Peers)
        {
            if (peer.Error is { } error) Report(error, peer.Peer);
            else WriteVerbose($"{peer.Peer}: {peer.Outcome}");
        }

        WriteObject(reporter.Summary(round));
    }

    private void RunFollow(OpenVault open, IReadOnlyList<string> peers, PeerAddress? listen)
    {
        var bars = new PeerProgress($"Vault {open.Name} stays in sync", ProgressId);
        using var pump = new Pump(StopToken);
        using var termination = new Termination();
        using var node = NodeOf(open);
        var reporter = new SyncReporter(open, e => pump.Post(() => WriteObject(e)));
        var follow = new FollowRun(node, reporter, peers, listen);
        follow.StateChanged += text => pump.Post(() => WriteProgress(bars.Parent(text)));
        long start = open.Vault.Time.GetTimestamp();
        pump.Run(
            async stop =>
            {
                using var all = CancellationTokenSource.CreateLinkedTokenSource(stop, termination.Token, open.Lease.Locked);
                if (TimeoutSec is { } seconds) all.CancelAfter(TimeSpan.FromSeconds(seconds));
                using var late = new Engine.Vaults.ChangeFollower(open.Vault, reporter.TakeLate);
                await follow.RunAsync(all.Token).ConfigureAwait(false);
            },
            last: () => Complete(bars));
        if (StopToken.IsCancellationRequested) return;
        foreach (var (peer, error) in follow.LastErrors) WriteError(ErrorRecords.From(error, peer));
        WriteObject(reporter.Summary(open.Vault.Time.GetElapsedTime(start), peers, follow.EverConnected));
    }

    private void Complete(PeerProgress bars)
    {
        foreach (var record in bars.Completed()) WriteProgress(record);
    }

    private static SyncNode NodeOf(OpenVault open) => new(open.Vault, new NodeOptions { Folder = open.Known.Path });
}
