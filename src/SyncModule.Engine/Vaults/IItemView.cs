using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>Items as somebody sees them: as the vault is now, as a transaction would leave it, as it was at a time.</summary>
public interface IItemView
{
    /// <summary>The state of one item; null when it was never written.</summary>
    KeyState? Find(string collection, string key);

    /// <summary>The items of one collection, by name in the order of its UTF-8 bytes.</summary>
    /// <param name="collection">Its name.</param>
    /// <param name="deleted">Deleted ones too.</param>
    /// <param name="fits">Asked for each key; null = all.</param>
    IEnumerable<KeyState> ItemsOf(string collection, bool deleted = false, Func<string, bool>? fits = null);

    /// <summary>The value that such an item shows: of an object with fields its JSON; empty where the item has no value.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.ConflictWaits"/>: a person has to decide first.</exception>
    ItemValue ValueOf(KeyState item);

    /// <summary>The bytes of a value of such an item, piece by piece.</summary>
    /// <exception cref="SyncException">ContentNotHere when an object has not arrived; ObjectDamaged.</exception>
    IEnumerable<byte[]> ReadValue(ItemValue value);

    /// <summary>True when every byte of the value is on this device.</summary>
    bool IsHere(ItemValue value);
}
