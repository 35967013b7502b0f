using System.Buffers;
using SyncModule.Core.Model;

namespace SyncModule.Core.Protocol;

/// <summary>
/// A commit as it crosses a session: the signed record and its inline blocks in header order. <paramref name="SmallObjects"/> is
/// used on the sending side only: objects of at most 64 KiB that the commit names, pushed right behind it (format-1 §13).
/// </summary>
public sealed record CommitBundle(byte[] Record, IReadOnlyList<byte[]> Blocks, IReadOnlyList<ObjectAddress> SmallObjects)
{
    /// <summary>Bytes of the record and its blocks.</summary>
    public long Bytes => Record.Length + Blocks.Sum(b => (long)b.Length);
}

/// <summary>
/// Commits that the other side lacks, one at a time, so a long log never stands in memory. Lane 0 comes in the sender's apply order,
/// those that are held but wait come last; lane 1 comes parents first (format-1 §6, §13).
/// </summary>
public interface ICommitSource : IDisposable
{
    /// <summary>The next commit; null when there is no more now.</summary>
    CommitBundle? Next();
}

/// <summary>Some of the objects of an <see cref="IObjectSource"/>, and those of them that are not here.</summary>
/// <param name="Records">Whole pack records back to back, as the body of a DATA frame; empty when all were missing.</param>
/// <param name="Count">Objects in it.</param>
/// <param name="Missing">Swept, damaged, or never here.</param>
/// <param name="Last">Nothing follows.</param>
/// <param name="Done">Called once, from any thread, when <paramref name="Records"/> is not needed any more; null for memory of its own.</param>
public sealed record ObjectBatch(ReadOnlyMemory<byte> Records, int Count, IReadOnlyList<ObjectAddress> Missing, bool Last, Action? Done);

/// <summary>Objects on their way out, about one DATA frame at a time, in the order in which they are read best. One thread.</summary>
public interface IObjectSource : IDisposable
{
    /// <summary>The next ones. Not called again after the last batch; may wait for the disk, never for the peer.</summary>
    ObjectBatch Next();
}

/// <summary>Commits of one log, one behind the other, and where they end. Each may be read from the disk when it is asked for.</summary>
public sealed record FreshCommits(LogId Log, IReadOnlyList<CommitBundle> Bundles, Tip End);

/// <summary>
/// What a session may ask of the replica that it runs over. Only durable things are shown: a commit or object that a crash could
/// still take away must not appear here (format-1 §12). All calls come from inside <see cref="SyncSession.Handle"/>, on its caller's
/// thread; a <see cref="SyncException"/> that one of them throws ends the session with that kind.
/// </summary>
public interface ISessionReplica
{
    VaultId Vault { get; }

    DeviceId Device { get; }

    /// <summary>Heads of the membership graph that is folded here.</summary>
    IReadOnlyList<CommitId> MembershipHeads { get; }

    /// <summary>True when the device is a member in the fold of lane 1.</summary>
    bool IsMember(DeviceId device);

    bool KnowsMembershipCommit(CommitId id);

    /// <summary>The current epoch (format-1 §10); null when there is none or the vault is closed.</summary>
    EpochId? CurrentEpoch { get; }

    /// <summary>The held vector of a lane. The caller may keep it: it does not change afterwards.</summary>
    VersionVector Held(Lane lane);

    VersionVector Applied { get; }

    /// <summary>True when every object in scope that a kept version names is here (format-1 §6).</summary>
    bool Full { get; }

    /// <summary>The digest of §16 for <see cref="Applied"/>; null when it was not computed.</summary>
    Id32? StateDigest { get; }

    /// <summary>Signed acknowledgements that the peer has not been given yet, this device's own among them, made anew where it says something new.</summary>
    IReadOnlyList<byte[]> AcknowledgementsFor(DeviceId peer) => [];

    /// <summary>
    /// Everything of a lane that is no ancestor of or equal to a tip in <paramref name="theirs"/>. Where a tip of theirs is not known
    /// here, the log is sent from behind the greatest tip of theirs that is, else from its start: the receiver drops what it has.
    /// </summary>
    ICommitSource CommitsBehind(Lane lane, VersionVector theirs);

    /// <summary>
    /// After <see cref="OwnCommits"/>: own commits that follow on what the peer has, from memory. Null where that is not certain, and then
    /// <see cref="CommitsBehind"/> tells.
    /// </summary>
    FreshCommits? Fresh(VersionVector theirs) => null;

    /// <summary>Data commits by id, in the order asked; those that are not here are left out.</summary>
    IReadOnlyList<CommitBundle> CommitsById(IReadOnlyList<CommitId> ids);

    /// <summary>Objects that are referenced and not here, at most <paramref name="max"/>, without those in <paramref name="exclude"/>.</summary>
    IReadOnlyList<ObjectAddress> Wanted(int max, IReadOnlySet<ObjectAddress> exclude);

    /// <summary>The peer was asked for these and does not have them, perhaps any more.</summary>
    void NoteLacking(IReadOnlyList<ObjectAddress> addresses)
    {
    }

    bool HasObject(ObjectAddress address);

    /// <summary>What a WANT asks for, read as it is needed. The caller disposes it. Nothing is read by the call itself.</summary>
    IObjectSource Objects(IReadOnlyList<ObjectAddress> addresses) => new ObjectRecordSource(this, addresses);

    /// <summary>Appends the whole pack record (see <see cref="ObjectRecord"/>). False, and nothing written, when it is not here or damaged.</summary>
    bool TryReadObjectRecord(ObjectAddress address, IBufferWriter<byte> destination);

    /// <summary>Addresses whose first byte is <paramref name="first"/>, ascending, those behind <paramref name="after"/>, at most <paramref name="max"/>.</summary>
    IReadOnlyList<ObjectAddress> AddressesInRange(byte first, ObjectAddress? after, int max);
}
