using SyncModule.Core.Model;
using SyncModule.Core.Protocol;

namespace SyncModule.Engine.Nodes;

/// <summary>What became of one batch of commits. Rejected ones had bad form or signature; with an error nothing more was stored.</summary>
public sealed record StoreResult(int Stored, int Duplicates, int Rejected, SyncErrorKind? Error = null, string Detail = "");

/// <summary>What became of one DATA body. Known objects count as stored; rejected ones did not match their address.</summary>
public sealed record ObjectsResult(IReadOnlyList<ObjectAddress> Stored, IReadOnlyList<ObjectAddress> Rejected, SyncErrorKind? Error = null, string Detail = "");

/// <summary>
/// Where a session puts what arrives. The store thread of the session makes all calls, one at a time, while the session's own thread reads the replica:
/// an implementation takes both at once. A <see cref="SyncException"/> ends the session with its kind.
/// </summary>
public interface ISessionStore
{
    /// <summary>Verifies, appends, syncs and applies as far as possible; durable on return (format-1 §6, §12).</summary>
    StoreResult StoreCommits(Lane lane, IReadOnlyList<CommitBundle> bundles);

    /// <summary>
    /// Checks each record of a DATA body (see <see cref="ObjectRecord"/>) against its address and writes the good ones to the session's pack. They need
    /// not be durable before <see cref="FlushObjects"/>; the memory is not touched after the call.
    /// </summary>
    ObjectsResult StoreObjects(ReadOnlyMemory<byte> records);

    /// <summary>Makes durable, and visible to readers, all that <see cref="StoreObjects"/> wrote. Nothing is acknowledged before.</summary>
    void FlushObjects();

    /// <summary>Calls <paramref name="changed"/> (from any thread, must not block) after commits or objects came by another way than this session. Dispose ends it.</summary>
    IDisposable Subscribe(Action changed);
}
