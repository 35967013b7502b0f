using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Vaults;

/// <summary>Gives an item's bytes piece by piece, whatever its size: inline, one chunk, or a tree of manifests (format-1 §5).</summary>
/// <param name="vault">Its keys, log and packs.</param>
/// <param name="locate">Where an object stands; null where it is not here.</param>
/// <param name="beside">The sealed bytes of an object that is on its way into the vault; null where it is not.</param>
internal sealed class ValueReader(VaultContext vault, Func<ObjectAddress, ObjectLocation?> locate, Func<ObjectAddress, byte[]?>? beside = null)
{
    /// <summary>The pieces in order. Each is checked against its reference before it is given.</summary>
    /// <exception cref="SyncException">ContentNotHere when an object has not arrived, ObjectDamaged when one does not open.</exception>
    public IEnumerable<byte[]> Read(ItemValue value)
    {
        if (value.Reference is not { } root)
        {
            yield return value.Inline.ToArray();
            yield break;
        }

        using var chunks = ManifestWalker.Chunks(root, value.Length, Open).GetEnumerator();
        while (Next(chunks)) yield return Open(chunks.Current);
    }

    /// <summary>True when every object below the value is here and its manifests can be read.</summary>
    public bool IsComplete(ItemValue value)
    {
        if (value.Reference is not { } root) return true;
        try
        {
            return ManifestWalker.Chunks(root, value.Length, Open).All(chunk => beside?.Invoke(chunk.Address) is not null || locate(chunk.Address) is not null);
        }
        catch (Exception e) when (e is VaultFormatException or SyncException)
        {
            return false;
        }
    }

    private static bool Next(IEnumerator<ObjectReference> chunks)
    {
        try
        {
            return chunks.MoveNext();
        }
        catch (VaultFormatException e)
        {
            throw SyncErrors.ObjectDamaged.With("The manifests of a value do not fit together", e);
        }
    }

    private byte[] Open(ObjectReference reference)
    {
        string name = reference.Address.ToString()[..16];
        byte[]? waiting = beside?.Invoke(reference.Address);
        var location = waiting is not null ? default : locate(reference.Address) ?? throw SyncErrors.ContentNotHere.With($"Object {name} has not arrived yet");
        try
        {
            return SealedObjects.Open(vault.Keys.Vault, reference, waiting ?? vault.ReadSealed(location));
        }
        catch (Exception e) when (e is VaultFormatException or DiskException)
        {
            throw SyncErrors.ObjectDamaged.With($"Object {name} does not match its address", e);
        }
    }
}
