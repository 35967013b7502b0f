namespace SyncModule.Engine.Vaults;

/// <summary>
/// Known mistakes that a test build switches on one at a time (msbuild property Plant) to show that the tests find them.
/// All are off in every other build, and the compiler removes what they guard.
/// </summary>
internal static class Plants
{
    /// <summary>One fdatasync of the log is skipped before the caller is told that its commit is durable.</summary>
    public static readonly bool SyncSkipped = Is("SyncSkipped");

    /// <summary>Commits are folded without waiting for what they depend on.</summary>
    public static readonly bool GateLeftOut = Is("GateLeftOut");

    /// <summary>Commits are offered to peers before their own fsync.</summary>
    public static readonly bool SentBeforeSync = Is("SentBeforeSync");

    /// <summary>The next sequence number comes from the index, not from the log's tail.</summary>
    public static readonly bool NumberFromIndex = Is("NumberFromIndex");

    /// <summary>Vectors are compared by sequence numbers alone.</summary>
    public static readonly bool VectorWithoutTips = Is("VectorWithoutTips");

    /// <summary>An opener cuts the log's tail without holding the append lock.</summary>
    public static readonly bool TailCutByOpener = Is("TailCutByOpener");

    private const string Planted =
#if PLANT_SyncSkipped
        "SyncSkipped";
#elif PLANT_GateLeftOut
        "GateLeftOut";
#elif PLANT_SentBeforeSync
        "SentBeforeSync";
#elif PLANT_NumberFromIndex
        "NumberFromIndex";
#elif PLANT_VectorWithoutTips
        "VectorWithoutTips";
#elif PLANT_TailCutByOpener
        "TailCutByOpener";
#else
        "";
#endif

    private static bool Is(string name) => Planted == name;
}
