namespace SyncModule.Simulation;

/// <summary>
/// Seeds that once found something, and what. They are run again with every batch. A change of the simulation itself gives a seed
/// another course, so each of these mistakes has a test of its own too (IndexTroubleTests, CommitLogTests) or, where no single step is
/// wrong, an invariant that any course checks.
/// </summary>
internal static class Seeds
{
    public static IReadOnlyList<ulong> Regressions { get; } =
    [
        9, // a digest kept from before a rebuild was taken for the new index's
        102, // an unfinished last segment hid all that stood before it
        136, // deps left out commits that a rebuild had folded earlier than the author first did
        235, // a read error in the middle of an index transaction: commits were remembered and never indexed
        772, // the same, seen as a commit that waits for ever
        813, // a receiver went on with a pack whose write had failed
        1813, // a group that another process had shown was cut after its own process's sync failed
    ];
}
