using System.Diagnostics;
using SyncModule.Engine.Buffers;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Hands objects to the open sessions of this process while they are being imported, from the memory in which they were sealed
/// (docs/decisions/017). An import is never held up by a slow peer: a session that is behind is waited for as long as its patience lasts,
/// which it earns by taking batches; then batches pass it by, and its peer asks for those objects when the commit has come.
/// </summary>
internal sealed class ObjectFeed
{
    /// <summary>Batches under way to one session. Together with the peer's window that is enough to keep the line full.</summary>
    private const int MostUnderWay = 2;

    private static readonly TimeSpan MostPatience = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan EarnedPatience = TimeSpan.FromMilliseconds(20);

    private readonly Lock _gate = new();
    private volatile Listener[] _listeners = [];

    /// <summary>
    /// Calls <paramref name="offered"/> for each batch: whole pack records, and what to call, once and from any thread, when their memory is
    /// not needed any more. It runs on the importer's thread and must not block.
    /// </summary>
    public IDisposable Subscribe(Action<ReadOnlyMemory<byte>, Action> offered)
    {
        var listener = new Listener(this, offered);
        lock (_gate) _listeners = [.. _listeners, listener];
        return listener;
    }

    /// <summary>The first <paramref name="length"/> bytes of the block, which the caller holds. They may not be durable; no commit names them yet.</summary>
    public void Publish(Block block, int length)
    {
        if (length == 0) return;
        foreach (var listener in _listeners) listener.Offer(block, length);
    }

    private sealed class Listener(ObjectFeed feed, Action<ReadOnlyMemory<byte>, Action> offered) : IDisposable
    {
        private readonly object _gate = new();
        private TimeSpan _patience = MostPatience;
        private int _underWay;
        private bool _ended;

        public void Offer(Block block, int length)
        {
            if (!Enter()) return;
            block.Hold();
            offered(block.Memory[..length], () =>
            {
                block.Release();
                Leave();
            });
        }

        public void Dispose()
        {
            lock (feed._gate) feed._listeners = [.. feed._listeners.Where(l => l != this)];
            lock (_gate)
            {
                _ended = true;
                Monitor.PulseAll(_gate);
            }
        }

        private bool Enter()
        {
            lock (_gate)
            {
                while (!_ended && _underWay == MostUnderWay && _patience > TimeSpan.Zero)
                {
                    long start = Stopwatch.GetTimestamp();
                    Monitor.Wait(_gate, _patience);
                    _patience -= Stopwatch.GetElapsedTime(start);
                }

                if (_ended || _underWay == MostUnderWay) return false;
                _underWay++;
                _patience = _patience + EarnedPatience < MostPatience ? _patience + EarnedPatience : MostPatience;
                return true;
            }
        }

        private void Leave()
        {
            lock (_gate)
            {
                _underWay--;
                Monitor.PulseAll(_gate);
            }
        }
    }
}
