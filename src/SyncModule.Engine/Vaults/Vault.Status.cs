using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>Counts and positions of a vault, read without opening any item.</summary>
public sealed record VaultStatus(long Items, long Objects, long Bytes, long Commits, long Waiting, long Wanted, EpochId? Epoch, VersionVector Held, VersionVector Applied, bool Full);

/// <summary>What the vault can say about itself as a whole.</summary>
public sealed partial class Vault
{
    private (ulong Version, VaultDigest Digest)? _digest;

    public VaultStatus Status() => Read(rows =>
    {
        var state = _indexer.State;
        long wanted = rows.Transaction.Count(IndexTables.Wanted);
        return new VaultStatus(state.Items, state.Objects, state.ObjectBytes, state.Commits, state.WaitingCommits, wanted, _context.Membership.CurrentEpoch, state.Held.Clone(), state.Applied.Clone(), wanted == 0 && state.WaitingCommits == 0);
    });

    /// <summary>Another number whenever anything in the vault has changed, whoever wrote it: for what keeps a list of names.</summary>
    public ulong StateVersion() => Read(_ => _indexer.State.Version);

    /// <summary>The digest of §16: reads every item; kept until something changes.</summary>
    public VaultDigest Digest() => Read(rows =>
    {
        if (_digest is { } known && known.Version == _indexer.State.Version) return known.Digest;
        var items = new ItemList(rows, _context.MayUseThreads);
        var (digest, state) = StateDigest.Compute(_context.Keys, _indexer.State.Applied, _context.Membership, items);
        bool full = _indexer.State.WaitingCommits == 0 && !rows.Transaction.Scan(IndexTables.Wanted).Any();
        long operations = _indexer.State.Applied.Logs.Sum(l => (long)l.Value.Max(t => t.Sequence));
        var result = new VaultDigest(digest, operations, state, full);
        _digest = (_indexer.State.Version, result);
        return result;
    });

    /// <summary>
    /// The digest as sessions compare it (format-1 §16); null where computing it would cost more than a session should: it reads every item.
    /// </summary>
    internal Id32? CachedDigest()
    {
        const long MostItems = 20_000;
        lock (_sync)
        {
            if (_digest is { } known && known.Version == _indexer.State.Version) return known.Digest.Digest;
            if (_indexer.State.Items > MostItems) return null;
        }

        return Digest().Digest;
    }
}
