using System.Runtime.ExceptionServices;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Buffers;

namespace SyncModule.Engine.Nodes;

/// <summary>Reads an object source on a thread of its own, so that the session's thread finds the next frame ready instead of waiting for the disk.</summary>
internal sealed class ReadAhead(IObjectSource source) : IObjectSource
{
    private const int Ready = 2;

    private readonly WorkQueue<ObjectBatch> _ready = new(Ready);
    private readonly CancellationTokenSource _stop = new();
    private ExceptionDispatchInfo? _failure;
    private Thread? _thread;

    public ObjectBatch Next()
    {
        if (_thread is null)
        {
            _thread = new Thread(Run) { IsBackground = true, Name = "session read" };
            _thread.Start();
        }

        if (_ready.TryTake(out var batch)) return batch;
        _failure?.Throw();
        throw new InvalidOperationException("A source was read behind its end.");
    }

    public void Dispose()
    {
        _stop.Cancel();
        source.Dispose(); // whoever waits for memory in there is woken
        _thread?.Join();
        while (_ready.TryTake(out var batch, 0)) batch.Done?.Invoke();
        _stop.Dispose();
    }

    private void Run()
    {
        try
        {
            ObjectBatch batch;
            do
            {
                batch = source.Next();
                try
                {
                    _ready.Add(batch, _stop.Token);
                }
                catch (OperationCanceledException)
                {
                    batch.Done?.Invoke();
                    throw;
                }
            }
            while (!batch.Last);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The session has ended.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
        }
        finally
        {
            _ready.Complete();
        }
    }
}
