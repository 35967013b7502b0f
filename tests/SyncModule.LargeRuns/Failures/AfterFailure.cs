using SyncModule.Core.Model;
using SyncModule.Engine.Maintenance;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Vaults;
using SyncModule.LargeRuns.Hosts;

namespace SyncModule.LargeRuns.Failures;

/// <summary>
/// What has to hold once the disk works again: the vault opens, every acknowledged write is there, everything verifies, writing works, no
/// number was used twice, and the peer comes to the same state.
/// </summary>
internal static class AfterFailure
{
    private static readonly byte[] Again = "works"u8.ToArray();

    /// <param name="world">The machines as they are now; no process runs.</param>
    /// <param name="step">The step that was disturbed.</param>
    public static void Check(World world, Step step)
    {
        world.NextProcess();
        var signed = world.Signed;
        var process = new HostProcess(world.Desk, null, signed);
        if (step.Founds && !process.Disk.Exists(VaultPaths.VaultFile))
        {
            // Nobody was told that there is a vault, and the place can be used again.
            if (world.Founded) throw new Violation("an acknowledged vault is gone");
            if (world.Paired) Meeting.Pair(new HostProcess(world.Laptop).Open(), world.Desk, process);
            else process.Create();
            using var made = process.Open();
            world.Founded = true;
            return;
        }

        using var vault = process.Open();
        using var peer = world.Paired ? new HostProcess(world.Laptop).Open() : null;
        if (peer is not null && !step.Damaged) AcknowledgedIsHeld(vault, peer);
        if (step.Damaged) Repair(vault, peer!);
        IsWhole(world, vault);
        if (step.Afterwards is { } afterwards)
        {
            afterwards(vault);
            IsWhole(world, vault);
        }

        vault.Put(ExpectedItems.Collection, "again", new MemoryStream(Again));
        world.Expected.Acknowledged("again", Again);
        if (signed?.Violation is { } violation) throw new Violation(violation);
        if (peer is null) return;
        Converges(vault, peer);
        world.Expected.Arrived();
        if (world.Expected.Check(vault) is { } stillWrong) throw new Violation("after a round, " + stillWrong);
    }

    private static void IsWhole(World world, Vault vault)
    {
        if (world.Expected.Check(vault) is { } wrong) throw new Violation(wrong);
        var verified = Verifier.Run(vault, new VerifyOptions(ReadData: true));
        if (verified.Damaged.Count > 0) throw new Violation($"verify finds {verified.Damaged[0].Where}: {verified.Damaged[0].What}");
    }

    /// <summary>What a peer was told is held here: it will not send it again.</summary>
    public static void AcknowledgedIsHeld(Vault vault, Vault peer)
    {
        var held = vault.HeldVector(Lane.Data);
        var acknowledged = PeerAcknowledgements.Find(peer, vault.Device);
        foreach (var (log, tips) in acknowledged?.Logs ?? [])
        {
            if (held.Sequence(log) < tips[^1].Sequence) throw new Violation($"the peer was told of {tips[^1].Sequence} commits of log {log}, and {held.Sequence(log)} are here");
        }
    }

    /// <summary>A repair from the peer leaves nothing missing.</summary>
    public static void Repair(Vault vault, Vault peer) => Meeting.With(peer, (options, address) =>
    {
        var result = Repairer.RunAsync(vault, options, address).GetAwaiter().GetResult();
        return result.StillWanted == 0 ? result : throw new Violation($"after a repair from the peer {result.StillWanted} things are missing ({result.Sync?.Outcome} {result.Sync?.Peers[0].Error?.Message})");
    });

    /// <summary>After one round both have everything and the same state, and nobody has contradicted itself.</summary>
    public static void Converges(Vault vault, Vault peer)
    {
        var summary = Meeting.Sync(vault, peer);
        if (summary.Outcome is not (SyncOutcome.Synced or SyncOutcome.UpToDate)) throw new Violation($"syncing with the peer ends {summary.Outcome}: {summary.Peers[0].Error?.Message}");
        Agree(vault, peer);
    }

    /// <summary>What one round must have led to: the same state, nothing missing, and nobody has contradicted itself.</summary>
    public static void Agree(Vault vault, Vault peer)
    {
        if (vault.Digest().Digest != peer.Digest().Digest) throw new Violation("both hold the same operations and have different digests");
        foreach (var side in new[] { vault, peer })
        {
            if (!side.IsFull()) throw new Violation("something is still missing after a round");
            foreach (var (log, tips) in side.HeldVector(Lane.Data).Logs)
            {
                if (tips.Length > 1) throw new Violation($"log {log} has {tips.Length} tips: the device contradicted itself");
            }
        }
    }
}
