using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Protocol;

/// <summary>H(L("vector") ‖ canonical vector): equal only where the histories are (format-1 §6).</summary>
public static class VectorHash
{
    public static Id32 Of(VersionVector vector)
    {
        var writer = new CborWriter(64 + (vector.Count * 64));
        vector.Write(writer);
        return Digest.HashOf(Labels.Vector, writer.Written);
    }
}
