using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Maintenance;

/// <summary>What an optimization does, or would do.</summary>
/// <param name="Checkpoint">Who has acknowledged what, and the deletions that are forgotten.</param>
/// <param name="Prune">What goes from this device's disk; null where that cannot be told now, and why stands in <paramref name="Blocked"/>.</param>
/// <param name="Blocked">Why nothing is taken from the disk.</param>
/// <param name="Freed">Bytes of log and packs that the folder has less than before; 0 for a plan.</param>
public sealed record OptimizeResult(CheckpointPlan Checkpoint, PruneResult? Prune, SyncException? Blocked, long Freed)
{
    /// <summary>Members that nobody has heard of, or who have written what is not here: while there is one, nothing is forgotten.</summary>
    public IReadOnlyList<DeviceProgress> WaitingFor => [.. Checkpoint.Devices.Where(d => !d.Retired && (d.Acknowledged is null || d.Unseen > 0))];
}

/// <summary>
/// Makes a vault smaller (format-1 §8): forgets deletions that every device has, everywhere; takes objects that nobody names off this disk and, when
/// asked, versions that were replaced before every device had what replaced them. Age alone never drops anything.
/// </summary>
public static class Optimizer
{
    /// <summary>What <see cref="Run"/> would do now; nothing is written.</summary>
    public static OptimizeResult Plan(Vault vault, bool dropHistory)
    {
        var checkpoint = vault.PlanCheckpoint();
        try
        {
            return new(checkpoint, vault.PlanPrune(dropHistory), null, 0);
        }
        catch (SyncException e) when (e.Kind == SyncErrors.PruneBlocked)
        {
            return new(checkpoint, null, e, 0);
        }
    }

    /// <summary>Does it. What cannot be taken from the disk now is no error where deletions could be forgotten: it is told.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.VaultBusy"/>: somebody else has the folder open; nothing was done.</exception>
    public static OptimizeResult Run(Vault vault, bool dropHistory)
    {
        using (vault.CheckAlone())
        {
            // Before anything is written: half of it would be a surprise.
        }

        long before = vault.StoredBytes();
        // A snapshot takes room itself: it is written when something goes for it, and not again and again.
        var checkpoint = vault.MakeCheckpoint(withSnapshot: dropHistory && Plan(vault, dropHistory).Prune is { Commits: > 0 });
        try
        {
            var prune = vault.Prune(dropHistory);
            return new(checkpoint, prune, null, Math.Max(0, before - vault.StoredBytes()));
        }
        catch (SyncException e) when (e.Kind == SyncErrors.PruneBlocked)
        {
            return new(checkpoint, null, e, 0);
        }
    }
}
