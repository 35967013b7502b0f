using SyncModule.Engine.Buffers;

namespace SyncModule.Engine.Files;

/// <summary>Paths for an import that begins before the last of them is known. One thread adds, another one takes.</summary>
public sealed class GrowingPaths
{
    private readonly WorkQueue<IReadOnlyList<string>> _lots = new();

    /// <summary>Adds some at a time: each wakes who waits.</summary>
    public void Add(IReadOnlyList<string> paths) => _lots.Add(paths);

    /// <summary>No more come.</summary>
    public void Complete() => _lots.Complete();

    /// <summary>All of them in their order, once; waits for those that are not known yet.</summary>
    /// <exception cref="OperationCanceledException">Cancelled while waiting.</exception>
    public IEnumerable<string> Take(CancellationToken cancellation)
    {
        while (_lots.TryTake(out var lot, cancellation: cancellation))
        {
            for (int i = 0; i < lot.Count; i++) yield return lot[i];
        }
    }
}
