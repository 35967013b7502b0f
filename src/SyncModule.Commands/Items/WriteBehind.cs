using System.Runtime.ExceptionServices;
using SyncModule.Commands.Values;
using SyncModule.Commands.Vaults;
using SyncModule.Core.Model;

namespace SyncModule.Commands.Items;

/// <summary>A value on its way into a vault; <see cref="Error"/> says afterwards why it is not there.</summary>
internal sealed class WaitingValue(OpenVault open, string collection, string name, EncodedValue encoded, Metadata? metadata, bool overwrite = false)
{
    public OpenVault Open { get; } = open;

    public string Collection { get; } = collection;

    public string Name { get; } = name;

    public EncodedValue Encoded { get; } = encoded;

    public Metadata? Metadata { get; } = metadata;

    public bool Overwrite { get; } = overwrite;

    public SyncException? Error { get; set; }
}

/// <summary>
/// Stores the values of a pipeline on another thread: while one lot is being synced to the disk, and a moment longer, the next gathers. So a
/// fast pipeline shares commits and syncs even where the disk is faster, and a slow one has each value stored at once. Disposing waits for what was taken, so nothing runs behind a command.
/// </summary>
internal sealed class WriteBehind : IDisposable
{
    private const int MostAtOnce = 1000;
    private const int MostWaiting = 4 * MostAtOnce;
    private const long MostBytes = 16 << 20;

    /// <summary>How long the next lot may gather behind one that was stored; in milliseconds.</summary>
    private const int Moment = 5;

    private readonly object _gate = new();
    private readonly Queue<WaitingValue> _waiting = new();
    private List<WaitingValue> _done = [];
    private ExceptionDispatchInfo? _failure;
    private bool _working, _draining;
    private long _bytes;

    /// <summary>Takes a value; waits while too much is on its way.</summary>
    public void Add(WaitingValue value)
    {
        lock (_gate)
        {
            while (_failure is null && (_waiting.Count >= MostWaiting || _bytes >= MostBytes)) Monitor.Wait(_gate);
            _failure?.Throw();
            _waiting.Enqueue(value);
            _bytes += value.Encoded.Bytes.Length;
            if (_working) return;
            _working = true;
            new Thread(Work) { IsBackground = true, Name = "values of a pipeline" }.Start();
        }
    }

    /// <summary>Those that have been dealt with since the last call, in order.</summary>
    public IReadOnlyList<WaitingValue> TakeDone()
    {
        lock (_gate)
        {
            _failure?.Throw();
            var done = _done;
            if (done.Count > 0) _done = [];
            return done;
        }
    }

    /// <summary>Returns when nothing is on its way any more.</summary>
    public void Drain()
    {
        lock (_gate)
        {
            _draining = true;
            Monitor.PulseAll(_gate);
            while (_working) Monitor.Wait(_gate);
            _draining = false;
        }
    }

    public void Dispose() => Drain();

    private void Work()
    {
        try
        {
            for (bool first = true; Next(first) is { Count: > 0 } lot; first = false)
            {
                Store(lot);
                lock (_gate)
                {
                    _done.AddRange(lot);
                    _bytes -= lot.Sum(v => (long)v.Encoded.Bytes.Length);
                    Monitor.PulseAll(_gate);
                }
            }
        }
        catch (Exception e)
        {
            // The thread is ours; the pipeline's throws it.
            lock (_gate) (_failure, _working) = (ExceptionDispatchInfo.Capture(e), false);
        }

        lock (_gate) Monitor.PulseAll(_gate);
    }

    // Values of one collection that stand behind each other; when there are none the work ends, under the same lock.
    private List<WaitingValue> Next(bool first)
    {
        lock (_gate)
        {
            if (!first) Gather();
            var lot = new List<WaitingValue>();
            while (lot.Count < MostAtOnce && _waiting.TryPeek(out var next) && (lot.Count == 0 || (ReferenceEquals(next.Open, lot[0].Open) && next.Collection == lot[0].Collection))) lot.Add(_waiting.Dequeue());
            _working = lot.Count > 0;
            return lot;
        }
    }

    // Until the moment is over, or nobody gives more.
    private void Gather()
    {
        long until = Environment.TickCount64 + Moment;
        for (long rest; !_draining && _waiting.Count < MostAtOnce && (rest = until - Environment.TickCount64) > 0;) Monitor.Wait(_gate, (int)rest);
    }

    private static void Store(List<WaitingValue> lot)
    {
        try
        {
            Put(lot);
        }
        catch (SyncException) when (lot.Count > 1)
        {
            // One of them cannot be stored; which, each says by itself.
            foreach (var value in lot) StoreAlone(value);
        }
        catch (SyncException e)
        {
            lot[0].Error = e;
        }
        finally
        {
            foreach (var value in lot) ItemWriter.Forget(value.Encoded);
        }
    }

    private static void StoreAlone(WaitingValue value)
    {
        try
        {
            Put([value]);
        }
        catch (SyncException e)
        {
            value.Error = e;
        }
    }

    private static void Put(List<WaitingValue> lot) =>
        lot[0].Open.Vault.PutMany(lot[0].Collection, [.. lot.Select(v => ItemWriter.ValueOf(v.Name, v.Encoded, v.Metadata, v.Overwrite))]);
}
