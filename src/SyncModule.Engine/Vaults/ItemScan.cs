using System.Runtime.ExceptionServices;
using SyncModule.Engine.Buffers;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// Opens every item row of a transaction, in no order, many at a time. Where threads may be used and there are many, one thread reads the
/// rows and another opens them.
/// </summary>
internal static class ItemScan
{
    /// <summary>Fewer bytes of rows than this are read and opened by the caller alone.</summary>
    private const int WorthAThread = 1 << 20;

    private const int FirstLotBytes = 8 << 10;
    private const int Ready = 16;

    /// <param name="take">Gets the opened row (see <see cref="Core.Merging.StateRows"/>); the span is valid during the call. One thread at a time, which may not be the caller's.</param>
    public static void Run(ITableTransaction transaction, RowSealer sealer, bool mayUseThreads, Action<ReadOnlySpan<byte>> take)
    {
        var opener = new Opener(sealer, take);
        var lots = new WorkQueue<RowLot>(Ready);
        using var stop = new CancellationTokenSource();
        Thread? thread = null;
        ExceptionDispatchInfo? failure = null;
        var lot = new RowLot(FirstLotBytes);
        long bytes = 0;
        try
        {
            transaction.Visit(IndexTables.Item, (key, row) =>
            {
                if (!lot.TryAdd(key, row))
                {
                    Hand();
                    if (!lot.TryAdd(key, row)) lot = RowLot.Of(key, row);
                }
            });
            Hand();
            lots.Complete();
            thread?.Join();
            failure?.Throw();
        }
        catch (OperationCanceledException) when (failure is not null)
        {
            failure.Throw(); // why nobody takes any more
        }
        finally
        {
            stop.Cancel();
            lots.Complete();
            thread?.Join();
        }

        void Hand()
        {
            bytes += lot.Used;
            if (thread is null && mayUseThreads && bytes > WorthAThread)
            {
                thread = new Thread(Open) { IsBackground = true, Name = "index open" };
                thread.Start();
            }

            if (thread is null) opener.Open(lot);
            else lots.Add(lot, stop.Token);
            lot = new RowLot(RowLot.UsualBytes);
        }

        void Open()
        {
            try
            {
                while (lots.TryTake(out var next)) opener.Open(next);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                failure = ExceptionDispatchInfo.Capture(e);
                stop.Cancel(); // the reader need not go on
            }
        }
    }

    private sealed class Opener(RowSealer sealer, Action<ReadOnlySpan<byte>> take)
    {
        private readonly RowBatch _batch = new(sealer, IndexTables.Item);

        public void Open(RowLot lot)
        {
            for (int at = 0; at < lot.Used;)
            {
                var (key, row) = lot.Next(ref at);
                _batch.Add(lot.Span(key), lot.Span(row));
                if (_batch.IsFull) _batch.Open(take);
            }

            _batch.Open(take);
        }
    }
}
