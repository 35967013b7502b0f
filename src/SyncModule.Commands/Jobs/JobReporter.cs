using SyncModule.Commands.Syncing;
using SyncModule.Commands.Vaults;

namespace SyncModule.Commands.Jobs;

/// <summary>One reporter for all children of a job; the child whose peer brought a change gets its records.</summary>
internal sealed class JobReporter
{
    private readonly Lock _gate = new();
    private Action<SyncEvent>? _sink;

    public JobReporter(OpenVault open) => Reporter = new SyncReporter(open, e => _sink?.Invoke(e));

    public SyncReporter Reporter { get; }

    /// <summary>Runs one step whose records go to <paramref name="sink"/>.</summary>
    public void With(Action<SyncEvent> sink, Action<SyncReporter> step)
    {
        lock (_gate)
        {
            _sink = sink;
            step(Reporter);
            _sink = null;
        }
    }
}
