using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>What a policy asks of own writes, under the append lock. Commits of others are folded whatever it says: a policy is a view (format-1 §7).</summary>
internal static class WriteRules
{
    /// <param name="shown">The item as it shows; null when it was never written.</param>
    /// <param name="policy">Of the item.</param>
    /// <param name="operations">What would be written.</param>
    /// <param name="nameOf">Of a device.</param>
    /// <exception cref="SyncException"><see cref="SyncErrors.ItemExists"/>, <see cref="SyncErrors.ConflictWaits"/>.</exception>
    public static void Check(KeyState? shown, ItemPolicy policy, IReadOnlyList<Operation> operations, Func<DeviceId, string> nameOf)
    {
        if (shown is null) return;
        if (policy.Rule == PolicyRule.FirstWriterWins && shown.IsAlive && operations.Any(o => o.Kind is OperationKind.Put or OperationKind.Patch or OperationKind.SetCounter))
            throw SyncErrors.ItemExists.With($"'{shown.Key}' is there already, and in its collection the first writer wins");
        if (shown.IsWaiting && operations.Any(o => o.Kind != OperationKind.Resolve && Ends(shown, o))) throw Waits(shown, nameOf);
    }

    /// <summary>The error of an item whose versions wait for a person, with what they are.</summary>
    public static SyncException Waits(KeyState shown, Func<DeviceId, string> nameOf)
    {
        var versions = shown.Cells.Where(c => c.IsOpen).SelectMany(c => c.Heads).DistinctBy(h => h.Dot).OrderBy(h => h.Timestamp).ThenBy(h => h.Device).ThenBy(h => h.Dot)
            .Select(h => $"{VersionId.Of(h.Dot)} of {Printable.Of(nameOf(h.Device))}");
        return SyncErrors.ConflictWaits.With($"'{shown.Key}' was changed more than once at the same time, and its policy leaves it to a person which version stands: {string.Join(", ", versions)}");
    }

    // A write that leaves another version beside itself hides nothing: an import over an old base.
    private static bool Ends(KeyState shown, Operation operation)
    {
        foreach (var cell in shown.Cells)
        {
            if (!cell.IsOpen || (cell.Path.Length == 0 ? !operation.TouchesItem : !operation.Cells.Any(c => c.Path == cell.Path))) continue;
            if (shown.Folded.Find(cell.Path) is { } folded && folded.Heads.All(h => operation.Replaces.Contains(h.Dot))) return true;
        }

        return false;
    }
}
