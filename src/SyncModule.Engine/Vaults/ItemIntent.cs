using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// One change that a caller wants. The operation is made under the append lock from the item's state at that moment, so it names
/// the heads that it really replaces; null means that there is nothing to do.
/// </summary>
public sealed record ItemIntent(string Collection, string Key, Func<KeyState?, Operation?> Build)
{
    /// <summary>In place of <see cref="Build"/>: several operations, on different parts of the item, or one that needs to know more of the moment.</summary>
    public Func<KeyState?, WritePoint, IReadOnlyList<Operation>>? BuildAll { get; init; }

    /// <summary>The caller means to write over what is there, whatever the policy says of it (<see cref="WriteRules"/>).</summary>
    public bool Overwrites { get; init; }
}

/// <summary>What is known under the append lock besides the item.</summary>
/// <param name="Applied">Everything that the next own commit depends on.</param>
/// <param name="CollectionOf">The state of a collection; null when nothing is said of it.</param>
/// <param name="OwnersOf">Who owns what in a collection.</param>
public sealed record WritePoint(Func<VersionVector> Applied, Func<string, KeyState?> CollectionOf, Func<string, Ownership> OwnersOf);

/// <summary>Changes that are written together. Small sealed objects (≤ 64 KiB each) go into the same group of the log.</summary>
/// <param name="Intents">One an item where the job is <see cref="IsWhole"/>.</param>
/// <param name="SmallObjects">Sealed.</param>
/// <param name="Atomic">The commit says so (format-1 §7): one malformed or refused operation voids all, on every replica.</param>
public sealed record CommitJob(IReadOnlyList<ItemIntent> Intents, IReadOnlyList<byte[]> SmallObjects, bool Atomic = false)
{
    /// <summary>All of it is one commit, and nothing else is in that: replicas see it whole or not at all. Refused where it is too large for one.</summary>
    public bool OneCommit { get; init; }

    internal bool IsWhole => Atomic || OneCommit;
}

/// <summary>What became of a job: the commits, in order, and for each intent the dot it got (null: nothing to do).</summary>
public sealed record CommitResult(IReadOnlyList<CommitId> Commits, IReadOnlyList<Dot?> Dots);
