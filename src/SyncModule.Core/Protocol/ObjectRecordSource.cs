namespace SyncModule.Core.Protocol;

/// <summary>Objects read one by one through <see cref="ISessionReplica.TryReadObjectRecord"/>: for replicas that know no better way.</summary>
internal sealed class ObjectRecordSource(ISessionReplica replica, IReadOnlyList<ObjectAddress> addresses) : IObjectSource
{
    private int _next;

    public ObjectBatch Next()
    {
        var writer = new FrameWriter(SessionLimits.BulkFrame + SessionLimits.SmallObject);
        var missing = new List<ObjectAddress>();
        int count = 0;
        while (_next < addresses.Count && writer.Length < SessionLimits.BulkFrame)
        {
            var address = addresses[_next++];
            int before = writer.Length;
            if (replica.TryReadObjectRecord(address, writer))
            {
                count++;
                continue;
            }

            writer.Truncate(before);
            missing.Add(address);
        }

        return new(writer.Detach(), count, missing, _next == addresses.Count, null);
    }

    public void Dispose() => _next = addresses.Count;
}
