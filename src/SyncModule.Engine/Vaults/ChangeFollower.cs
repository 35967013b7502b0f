namespace SyncModule.Engine.Vaults;

/// <summary>
/// Calls back when something has become durable in a vault, on a thread of its own and a moment later, several changes at once. For who tells of what a change means: the
/// event of a node that commits have come is raised before they are stored.
/// </summary>
public sealed class ChangeFollower : IDisposable
{
    /// <summary>A transfer of many commits raises one change after another.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(50);

    private readonly Vault _vault;
    private readonly Action _changed;
    private readonly AutoResetEvent _signal = new(false);
    private readonly ManualResetEvent _stop = new(false);
    private readonly Thread _thread;

    /// <param name="vault">Outlives this.</param>
    /// <param name="changed">May read the vault; what it throws of the engine's errors is passed over, for whoever uses the vault meets them too.</param>
    public ChangeFollower(Vault vault, Action changed)
    {
        (_vault, _changed) = (vault, changed);
        _thread = new Thread(Run) { IsBackground = true, Name = "vault changes" };
        _thread.Start();
        vault.Changed += Signal;
    }

    /// <summary>What came until now is told before it returns.</summary>
    public void Dispose()
    {
        _vault.Changed -= Signal;
        _stop.Set();
        _thread.Join();
        if (_signal.WaitOne(0)) Tell();
        _signal.Dispose();
        _stop.Dispose();
    }

    private void Signal()
    {
        try
        {
            _signal.Set();
        }
        catch (ObjectDisposedException)
        {
            // A writer that had been told of this before it ended.
        }
    }

    private void Run()
    {
        while (WaitHandle.WaitAny([_stop, _signal]) == 1)
        {
            if (_stop.WaitOne(Gathering))
            {
                _signal.Set(); // for the last time
                return;
            }

            Tell();
        }
    }

    private void Tell()
    {
        try
        {
            _changed();
        }
        catch (SyncException)
        {
            // See above.
        }
        catch (ObjectDisposedException)
        {
            // The vault was closed.
        }
    }
}
