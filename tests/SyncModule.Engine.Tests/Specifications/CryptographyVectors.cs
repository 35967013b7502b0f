namespace SyncModule.Engine.Tests.Specifications;

/// <summary>Examples of cryptography.md, in the order in which the page names them.</summary>
internal static class CryptographyVectors
{
    public const string Page = "cryptography";

    public static IEnumerable<VectorFile> All() =>
        [EncodingVectors.Make(), KeyVectors.Make(), IdentityVectors.Make(), SealVectors.Make(), SlotVectors.Make(), NoiseVectors.Make()];
}
