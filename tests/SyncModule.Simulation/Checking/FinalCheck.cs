using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Core.Tests.Merging;
using SyncModule.Engine.Vaults;
using SyncModule.Simulation.Machines;

namespace SyncModule.Simulation.Checking;

/// <summary>What has to hold when everything is quiet and everybody has met everybody (format-1 §17).</summary>
internal static class FinalCheck
{
    /// <summary>I2, and with <paramref name="mustBeHere"/> I1: each value that is shown can be read, and somebody put it.</summary>
    public static void Values(World world, SimulatedProcess process, bool mustBeHere)
    {
        foreach (var state in process.Vault.Items())
        {
            foreach (var head in state.Cells.SelectMany(c => c.Heads))
            {
                if (head.Value is not { Counter: null } value) continue;
                byte[] bytes;
                try
                {
                    bytes = [.. process.Vault.ReadValue(value).SelectMany(p => p)];
                }
                catch (SyncException e) when (e.Kind == SyncErrors.ContentNotHere && !mustBeHere)
                {
                    continue;
                }

                world.History.CheckAttempted(state.Key, bytes);
            }
        }
    }

    /// <summary>All of it, over one open process of each machine.</summary>
    public static void Run(World world, IReadOnlyList<SimulatedProcess> all)
    {
        bool restored = world.Machines.Exists(m => m.WasRestored);
        Equal(world, all, restored);
        foreach (var process in all) DurabilityCheck.AcknowledgedIsHere(process);
        var acknowledged = world.Machines.SelectMany(m => m.Disk.Acknowledged).ToHashSet();
        foreach (var id in acknowledged)
        {
            if (all[0].Vault.FindCommit(id) is null) throw new Violation("I1 lost", $"an acknowledged commit did not reach {all[0].Machine.Name}");
        }

        foreach (var process in all) Values(world, process, mustBeHere: !restored);
        Oracle(world, all[0], restored);
    }

    // I5, I11: equal vectors and heads, equal bytes.
    private static void Equal(World world, IReadOnlyList<SimulatedProcess> all, bool restored)
    {
        var first = all[0].Vault;
        var (held, members) = (first.HeldVector(Lane.Data), first.HeldVector(Lane.Membership));
        var digest = first.Digest();
        byte[] records = MergeRecords.Encode(first.MergeRecords());
        foreach (var process in all)
        {
            var vault = process.Vault;
            string name = process.Machine.Name;
            if (!vault.HeldVector(Lane.Data).SameAs(held) || !vault.HeldVector(Lane.Membership).SameAs(members)) throw new Violation("I11 not live", $"{name} and {all[0].Machine.Name} do not hold the same after everybody met everybody");
            var status = vault.Status();
            // What only a rolled-back disk ever held is gone with it; commits that name it wait for ever.
            if (!status.Full && !restored) throw new Violation("I11 not live", $"{name} is not full: {status.Waiting} commits wait, {status.Wanted} objects are wanted");
            int there = vault.Items().Count(i => i.IsAlive);
            if (status.Items != there) throw new Violation("I4 wrong state", $"{name} says that it has {status.Items} items and shows {there}");
            if (vault.AppliedVector().SameAs(first.AppliedVector()) && vault.Digest().Digest != digest.Digest) throw new Violation("I5 diverged", $"{name} and {all[0].Machine.Name} applied the same and have other digests");
            if (!vault.AppliedVector().SameAs(first.AppliedVector())) throw new Violation("I11 not live", $"{name} and {all[0].Machine.Name} hold the same and applied not the same");
            if (!MergeRecords.Encode(vault.MergeRecords()).AsSpan().SequenceEqual(records)) throw new Violation("I5 diverged", $"{name} and {all[0].Machine.Name} have other merge records");
        }

        world.Scheduler.Trace($"digest {digest.Digest}");
    }

    // I4: the state is the pure fold of the operations, by a model that shares no code with it. I3 on the way.
    private static void Oracle(World world, SimulatedProcess process, bool restored)
    {
        var vault = process.Vault;
        var pasts = new Dictionary<CommitId, HashSet<CommitId>>();
        var written = new List<WrittenOperation>();
        foreach (var id in vault.CommitsBehind(Lane.Data, new VersionVector()))
        {
            var bundle = vault.ReadBundle(id, withSmallObjects: false)!;
            var commit = Commit.Decode(bundle.Record);
            world.History.See(commit.Header, id);
            var row = vault.FindCommit(id)!;
            if (row.State != CommitState.Applied)
            {
                if (!restored) throw new Violation("I11 not live", $"a commit is {row.State} in the end");
                continue;
            }

            var past = new HashSet<CommitId>();
            foreach (var parent in commit.Header.Dependencies.Append(commit.Header.Previous).Where(p => !p.IsZero))
            {
                if (!pasts.TryGetValue(parent, out var before)) throw new Violation("gate", "a commit was applied before what it depends on");
                past.UnionWith(before);
                past.Add(parent);
            }

            pasts[id] = past;
            var operations = vault.OperationsOf(id);
            if (operations.Count == 0 && world.History.Operations.TryGetValue(id, out var pruned)) operations = pruned;
            written.AddRange(operations.Select(o => new WrittenOperation(o.Operation, o.Origin, past)));
        }

        foreach (var id in vault.CommitsBehind(Lane.Membership, new VersionVector())) world.History.See(Commit.Decode(vault.ReadBundle(id, false)!.Record).Header, id);
        var models = NaiveModel.OfEach(written, _ => false);
        var states = vault.Items().ToDictionary(s => (s.Collection, s.Key));
        foreach (var ((collection, key), model) in models.Values.SelectMany(m => m.Keys.Select(k => (k, m))))
        {
            // What trees took shows otherwise and is folded like anything else.
            var state = key.Length == 0 ? vault.FindCollection(collection) : states.Remove((collection, key), out var item) ? item.Folded : null;
            if (!(state?.Encode() ?? new NaiveModel([]).State(collection, key)).AsSpan().SequenceEqual(model.State(collection, key))) throw new Violation("I4 wrong state", $"'{key}' is not what the operations say");
        }

        TallyCheck.Run(world, vault, written);
        if (states.Count > 0) throw new Violation("I4 wrong state", "there is an item without an operation");
        if (!MergeRecords.Encode(vault.MergeRecords()).AsSpan().SequenceEqual(NaiveModel.Encode(models.Values.SelectMany(m => m.RecordList())))) throw new Violation("I4 wrong state", "the merge records are not what the operations say");
    }
}
