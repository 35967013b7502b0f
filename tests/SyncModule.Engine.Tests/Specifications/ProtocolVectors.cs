namespace SyncModule.Engine.Tests.Specifications;

/// <summary>Examples of mirror-protocol.md, in the order in which the page names them.</summary>
internal static class ProtocolVectors
{
    public const string Page = "mirror-protocol";

    public static IEnumerable<VectorFile> All() => [FrameVectors.Make(), SessionVectors.Make(), InviteVectors.Make()];
}
