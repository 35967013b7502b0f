namespace SyncModule.Engine.Vaults;

/// <summary>
/// The thread that brings the index level behind what this process writes (format-1 §12): after a while, or when much is pending, because
/// large sorted transactions are several times faster than small ones. Whoever reads does not wait for it but brings the index level
/// itself. It starts with the first group.
/// </summary>
internal sealed class IndexKeeper(PendingCommits pending, Action apply) : IDisposable
{
    /// <summary>Operations that are worth a transaction at once.</summary>
    private const int Enough = 32 << 10;

    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(200), AfterFailure = TimeSpan.FromSeconds(1);

    private readonly object _gate = new();
    private Thread? _thread;
    private bool _closed;

    /// <summary>Something is pending.</summary>
    public void Start()
    {
        if (_thread is not null) return;
        lock (_gate)
        {
            if (_thread is not null || _closed) return;
            var thread = new Thread(Run) { IsBackground = true, Name = "vault index", Priority = ThreadPriority.BelowNormal };
            thread.Start();
            _thread = thread;
        }
    }

    /// <summary>Ends the thread; what is pending stays so. Not under a lock that <c>apply</c> takes.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }

        pending.Close();
        _thread?.Join();
    }

    private void Run()
    {
        while (pending.WaitForWork(Enough, Longest))
        {
            try
            {
                apply();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // All of it is durable, and no trouble of the index may end the process. Whoever reads meets it too and is told; here it
                // is tried again later.
                lock (_gate)
                {
                    if (!_closed) Monitor.Wait(_gate, AfterFailure);
                }
            }
        }
    }
}
