namespace SyncModule.Engine.Vaults;

/// <summary>
/// The thread that brings the index level behind what this process writes (format-1 §12): after a while, or when much is pending, because
/// large sorted transactions are several times faster than small ones. Whoever reads does not wait for it but brings the index level
/// itself. It starts with the first group.
/// </summary>
/// <param name="pending">What is to be taken in.</param>
/// <param name="items">How many items the index has.</param>
/// <param name="apply">Takes it in.</param>
internal sealed class IndexKeeper(PendingCommits pending, Func<long> items, Action apply) : IDisposable
{
    /// <summary>Of the items that the index has, the part that is worth a transaction at once: each touches most pages of a small table, and a small table has few.</summary>
    private const int Part = 8;

    private const int Fewest = 8 << 10, Most = 64 << 10;

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
        while (pending.WaitForWork((int)Math.Clamp(items() / Part, Fewest, Most), Longest))
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
