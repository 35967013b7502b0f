namespace SyncModule.Core.Model;

/// <summary>
/// Known mistakes that a test build switches on one at a time (msbuild property Plant) to show that the tests find them. Off in every
/// other build, and the compiler removes what they guard. Those of the engine stand in its own Plants.
/// </summary>
internal static class Plants
{
    /// <summary>Vectors are compared by sequence numbers alone.</summary>
    public static readonly bool VectorWithoutTips = Is("VectorWithoutTips");

    private const string Planted =
#if PLANT_VectorWithoutTips
        "VectorWithoutTips";
#else
        "";
#endif

    private static bool Is(string name) => Planted == name;
}
