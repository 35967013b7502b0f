using System.Runtime.ExceptionServices;
using SyncModule.Engine.Buffers;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// The groups of the log for one run of the index over it, taken apart. Where the vault may use threads and there is much to read, they
/// are read, opened and decoded on a thread of their own while the index folds those before.
/// </summary>
internal sealed class LogFeed(VaultContext vault, LogMark end) : IDisposable
{
    /// <summary>Less than this is read by whoever needs it.</summary>
    private const long WorthAThread = 4 << 20;

    private const int Ready = 3;

    private IEnumerator<ArrivingGroup>? _groups;
    private ArrivingGroup? _next;
    private LogMark _at;

    /// <summary>The first group behind a mark; null at the end. The same one until <see cref="Take"/>.</summary>
    public ArrivingGroup? Peek(LogMark mark)
    {
        if (_groups is null || _at != mark)
        {
            Stop();
            _at = mark;
            _groups = (IsMuch(mark) ? ReadAhead(mark) : Read(mark)).GetEnumerator();
        }

        return _next ??= _groups.MoveNext() ? _groups.Current : null;
    }

    /// <summary>Goes behind the group of the last <see cref="Peek"/>.</summary>
    public void Take()
    {
        _at = _next!.End;
        _next = null;
    }

    public void Dispose() => Stop();

    private void Stop()
    {
        _groups?.Dispose();
        (_groups, _next) = (null, null);
    }

    private bool IsMuch(LogMark mark) => vault.MayUseThreads && (mark.Segment != end.Segment || end.Offset - mark.Offset > WorthAThread);

    private IEnumerable<ArrivingGroup> Read(LogMark mark)
    {
        var reader = new GroupReader(vault);
        foreach (var group in vault.Log.WalkGroups(mark)) yield return reader.Read(group);
    }

    private IEnumerable<ArrivingGroup> ReadAhead(LogMark mark)
    {
        var ready = new WorkQueue<ArrivingGroup>(Ready);
        using var stop = new CancellationTokenSource();
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(Run) { IsBackground = true, Name = "index read" };
        thread.Start();
        try
        {
            while (ready.TryTake(out var group)) yield return group;
            failure?.Throw();
        }
        finally
        {
            stop.Cancel();
            thread.Join();
        }

        void Run()
        {
            try
            {
                foreach (var group in Read(mark)) ready.Add(group, stop.Token);
            }
            catch (OperationCanceledException)
            {
                // Nobody waits for more.
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
            finally
            {
                ready.Complete();
            }
        }
    }
}
