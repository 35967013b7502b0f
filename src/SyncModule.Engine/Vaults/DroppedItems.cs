using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>What a checkpoint drops, taken out of states that are folded beside the index.</summary>
internal static class DroppedItems
{
    /// <summary>As a fold does that meets the checkpoint here: an item of which nothing is left stays in the table, as null.</summary>
    /// <param name="states">By the tags of their items.</param>
    /// <param name="keys">Of the vault, for those tags.</param>
    /// <param name="collection">The checkpoint's.</param>
    /// <param name="checkpoint">What it drops.</param>
    public static void TakeOut(this Dictionary<Id16, KeyState?> states, VaultKeys keys, string collection, CheckpointDetail checkpoint)
    {
        foreach (var dropped in checkpoint.Dropped)
        {
            var tag = keys.ItemTag(collection, dropped.Key);
            if (states.GetValueOrDefault(tag) is { } before) states[tag] = Dropping.Apply(before, dropped);
        }
    }
}
