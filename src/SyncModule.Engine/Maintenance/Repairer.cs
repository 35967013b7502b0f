using SyncModule.Engine.Nodes;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Maintenance;

/// <summary>What a repair did. Left: what is still damaged or missing afterwards.</summary>
public sealed record RepairResult(long Checked, IReadOnlyList<Damage> Damaged, int Repaired, long StillWanted, RoundSummary? Sync)
{
    /// <summary>The same with the loss of local.db, which was repaired before: by a new one.</summary>
    public RepairResult With(LocalLoss loss) => this with { Damaged = [new("local.db", loss.Told), .. Damaged], Repaired = Repaired + 1 };
}

/// <summary>
/// Mends what can be mended: the index is made again from the log; packs with damaged records are written anew without them (the old
/// file is kept beside, renamed); what is then missing is wanted, and fetched from a peer when one is named.
/// </summary>
public static class Repairer
{
    public static async Task<RepairResult> RunAsync(Vault vault, NodeOptions options, string? from, IProgress<SyncProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        try
        {
            return await Repair(vault, options, from, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (DiskException e)
        {
            throw e.ToSyncException();
        }
    }

    private static async Task<RepairResult> Repair(Vault vault, NodeOptions options, string? from, IProgress<SyncProgress>? progress, CancellationToken cancellationToken)
    {
        var found = Verifier.Run(vault, new VerifyOptions(ReadData: true), null, cancellationToken);
        vault.DropDamage(found.DamagedObjects);
        vault.RemakeIndex();
        vault.DropLocalRows(vault.UnreadableLocalRows());
        RoundSummary? sync = null;
        if (from is not null)
        {
            using var node = new SyncNode(vault, options);
            sync = await node.SyncAsync([from], new SyncRequest(), progress, cancellationToken).ConfigureAwait(false);
        }

        var after = vault.Status();
        long left = after.Wanted + after.Waiting;
        // Only a peer that was heard to the end can have had everything; nothing waits for a commit that is not here.
        if (left == 0 && sync?.Outcome is SyncOutcome.UpToDate or SyncOutcome.Synced or SyncOutcome.Conflicts) vault.NoteHealed();
        long unhealed = vault.DamagedSlots.Count; // no index that is made again, and no peer that was not heard to the end, mends a log or a slot
        vault.VerifyLog((_, _) => unhealed++, (_, _) => { }, cancellationToken);
        int repaired = (int)Math.Max(0, found.Damaged.Count - left - unhealed);
        return new(found.Checked, found.Damaged, repaired, left, sync);
    }
}
