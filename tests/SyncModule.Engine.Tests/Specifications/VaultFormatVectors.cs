namespace SyncModule.Engine.Tests.Specifications;

/// <summary>Examples of vault-format.md, in the order in which the page names them.</summary>
internal static class VaultFormatVectors
{
    public const string Page = "vault-format";

    public static IEnumerable<VectorFile> All() => [StorageVectors.Make(), ObjectVectors.Make(), CommitVectors.Make(), MembershipVectors.Make()];
}
