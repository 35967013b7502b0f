using System.Runtime.ExceptionServices;
using SyncModule.Engine.Buffers;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Vaults;

/// <summary>Makes rows on one thread while the caller's writes those before: sealing a row takes as long as writing it.</summary>
internal static class SealedRows
{
    private const int Ready = 8;

    /// <param name="make">Gives each row with its key, in order. On another thread, which has ended when this returns.</param>
    /// <param name="put">Takes them in that order, on the caller's thread; spans are valid during the call.</param>
    public static void Run(Action<RowVisitor> make, RowVisitor put)
    {
        var lots = new WorkQueue<RowLot>(Ready);
        using var stop = new CancellationTokenSource();
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(Make) { IsBackground = true, Name = "index seal" };
        thread.Start();
        try
        {
            while (lots.TryTake(out var lot))
            {
                for (int at = 0; at < lot.Used;)
                {
                    var (key, row) = lot.Next(ref at);
                    put(lot.Span(key), lot.Span(row));
                }
            }
        }
        finally
        {
            stop.Cancel();
            thread.Join();
        }

        failure?.Throw();

        void Make()
        {
            var lot = new RowLot(RowLot.UsualBytes);
            try
            {
                make((key, row) =>
                {
                    if (lot.TryAdd(key, row)) return;
                    lots.Add(lot, stop.Token);
                    lot = new RowLot(RowLot.UsualBytes);
                    if (!lot.TryAdd(key, row)) lots.Add(RowLot.Of(key, row), stop.Token);
                });
                lots.Add(lot, stop.Token);
            }
            catch (OperationCanceledException)
            {
                // Writing failed: nobody takes any more.
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
            finally
            {
                lots.Complete();
            }
        }
    }
}
