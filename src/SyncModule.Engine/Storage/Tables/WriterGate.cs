namespace SyncModule.Engine.Storage.Tables;

/// <summary>One writer at a time within a store. A second one on the same thread would wait for itself, so it is refused.</summary>
internal sealed class WriterGate : IDisposable
{
    private readonly SemaphoreSlim _free = new(1, 1);
    private volatile int _owner;

    /// <summary>Waits at most <paramref name="wait"/>.</summary>
    public void Enter(TimeSpan wait, string what)
    {
        int me = Environment.CurrentManagedThreadId;
        if (_owner == me) throw new InvalidOperationException("This thread holds a write transaction of the store already.");
        if (!_free.Wait(wait)) throw SyncErrors.VaultBusy.With($"Another write to {what} has not ended in time");
        _owner = me;
    }

    public void Leave()
    {
        _owner = 0;
        _free.Release();
    }

    public void Dispose() => _free.Dispose();
}
