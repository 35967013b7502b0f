using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Nodes;

/// <summary>What became of one batch of commits. Rejected ones had bad form or signature; with an error nothing more was stored.</summary>
public sealed record StoreResult(int Stored, int Duplicates, int Rejected, SyncErrorKind? Error = null, string Detail = "");

/// <summary>What became of one DATA body. Known objects count as stored; rejected ones did not match their address.</summary>
public sealed record ObjectsResult(IReadOnlyList<ObjectAddress> Stored, IReadOnlyList<ObjectAddress> Rejected, SyncErrorKind? Error = null, string Detail = "");

/// <summary>
/// Where a session puts what arrives. The check thread of the session calls <see cref="CheckObjects"/>, its store thread everything else, one call at a time
/// each, while the session's own thread reads the replica: an implementation takes them at once. A <see cref="SyncException"/> ends the session with its kind.
/// </summary>
public interface ISessionStore
{
    /// <summary>Verifies, appends, syncs and applies as far as possible; durable on return (format-1 §6, §12).</summary>
    StoreResult StoreCommits(Lane lane, IReadOnlyList<CommitBundle> bundles);

    /// <summary>
    /// Compares each record of some DATA bodies (see <see cref="ObjectRecord"/>) with its address; one answer a body. Changes nothing. Many records
    /// together are hashed faster than one body after the other.
    /// </summary>
    IReadOnlyList<CheckedObjects> CheckObjects(IReadOnlyList<ReadOnlyMemory<byte>> bodies);

    /// <summary>
    /// Writes the good ones to the session's pack. They need not be durable before <see cref="FlushObjects"/>. The memory is not touched after the call,
    /// unless it is a block, which is then held.
    /// </summary>
    ObjectsResult StoreObjects(CheckedObjects objects);

    /// <summary>Makes durable, and visible to readers, all that <see cref="StoreObjects"/> wrote. Nothing is acknowledged before.</summary>
    void FlushObjects();

    /// <summary>
    /// Calls <paramref name="changed"/> (from any thread, must not block) after commits or objects came by another way than this session; with true
    /// when they are commits that this device wrote in this process, and nothing else. Dispose ends it.
    /// </summary>
    IDisposable Subscribe(Action<bool> changed);

    /// <summary>
    /// Hands objects over that are being sealed in this process: whole pack records and what to call when their memory is not needed any more.
    /// Null where nothing ever is.
    /// </summary>
    IDisposable? SubscribeObjects(Action<ReadOnlyMemory<byte>, Action> offered) => null;
}
