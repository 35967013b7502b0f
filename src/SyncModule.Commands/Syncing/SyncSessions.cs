namespace SyncModule.Commands.Syncing;

/// <summary>Which merge records belong to which of the last rounds of this process, for Get-SyncMerge -Session. The records themselves stand in the vault.</summary>
internal static class SyncSessions
{
    private const int Most = 100;
    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, HashSet<string>> Sessions = new(StringComparer.OrdinalIgnoreCase);
    private static readonly Queue<string> Order = new();

    public static string New()
    {
        string id = Guid.NewGuid().ToString("n")[..12];
        lock (Gate)
        {
            Sessions[id] = new(StringComparer.Ordinal);
            Order.Enqueue(id);
            if (Order.Count > Most) Sessions.Remove(Order.Dequeue());
        }

        return id;
    }

    public static void Add(string session, string mergeId)
    {
        lock (Gate)
        {
            if (Sessions.TryGetValue(session, out var merges)) merges.Add(mergeId);
        }
    }

    /// <summary>Null when this process does not know the session, or no longer.</summary>
    public static IReadOnlySet<string>? Find(string session)
    {
        lock (Gate) return Sessions.TryGetValue(session, out var merges) ? new HashSet<string>(merges, StringComparer.Ordinal) : null;
    }
}
