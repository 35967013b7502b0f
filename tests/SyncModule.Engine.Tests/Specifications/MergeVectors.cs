namespace SyncModule.Engine.Tests.Specifications;

/// <summary>Examples of merge.md, in the order in which the page names them.</summary>
internal static class MergeVectors
{
    public const string Page = "merge";

    public static IEnumerable<VectorFile> All() => [ClockVectors.Make(), FoldVectors.Make(), ViewVectors.Make(), OwnerVectors.Make(), RecordVectors.Make(), DigestVectors.Make()];
}
