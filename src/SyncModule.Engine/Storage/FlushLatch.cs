namespace SyncModule.Engine.Storage;

/// <summary>
/// Closed for ever by the first flush that fails, or write that fails for another reason than a full disk, whichever file it was of: what
/// the kernel dropped from its cache then cannot be known from inside the process, so it stores and signs nothing more, and one that would
/// run for ever ends (docs/decisions/008). Safe for many threads.
/// </summary>
public sealed class FlushLatch : IDisposable
{
    private readonly CancellationTokenSource _closed = new();
    private SyncException? _error;

    /// <summary>Cancelled by the first failure; its callbacks run on a thread of their own.</summary>
    public CancellationToken Closed => _closed.Token;

    /// <summary>The first failure; null while every flush has succeeded.</summary>
    public SyncException? Error => Volatile.Read(ref _error);

    /// <summary>The first call counts.</summary>
    public void Close(SyncException error)
    {
        if (Interlocked.CompareExchange(ref _error, error, null) is not null) return;
        try
        {
            _ = _closed.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // The vault was closed meanwhile: nobody waits any more.
        }
    }

    /// <summary>Throws the first failure again.</summary>
    public void ThrowIfClosed()
    {
        if (Error is { } error) throw error.Kind.With(error.Detail, error);
    }

    public void Dispose() => _closed.Dispose();

    /// <summary>Runs a step that flushes.</summary>
    internal void Flush(Action flush)
    {
        try
        {
            flush();
        }
        catch (DiskException e)
        {
            Close(e.ToSyncException());
            throw;
        }
    }
}
