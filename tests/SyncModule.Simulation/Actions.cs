using System.Text;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;
using SyncModule.Simulation.Checking;
using SyncModule.Simulation.Machines;
using SyncModule.Simulation.Network;

namespace SyncModule.Simulation;

/// <summary>
/// What people, programs and fate do in a run. Each seed draws its own weights, many of them zero, so that runs differ in kind and
/// not only in order.
/// </summary>
internal sealed class Actions
{
    private const string Collection = "items", Other = "notes", OtherKey = "note";
    private const int MostMachines = 5;
    private const int MostClones = 7;
    private const int YearMinutes = 525_600;

    private readonly World _world;
    private readonly SeededRandom _random;
    private readonly List<(int Weight, Action Act)> _table;
    private readonly string[] _keys;
    private readonly PartActions _parts;
    private readonly int _troubled;
    private readonly int _tampered;
    private int _values;

    public Actions(World world)
    {
        (_world, _random) = (world, world.Random);
        _keys = [.. Enumerable.Range(0, _random.Next(1, 6)).Select(i => "key" + (char)('a' + i))];
        _parts = new(world, Change);
        _troubled = _random.OneIn(3) ? 0 : _random.Next(3, 12);
        _tampered = _random.OneIn(2) ? 0 : _random.Next(1, 5);
        _table =
        [
            (_random.Next(8, 30), PutSmall),
            (_random.OneIn(3) ? _random.Next(1, 6) : 0, PutLarge),
            (Some(6), Delete),
            (Some(6), Transact),
            (Some(6), Resolve),
            (Some(6), Read),
            (_random.Next(6, 24), Sync),
            (Some(6), DeliverOutOfOrder),
            (Some(5), KillProcess),
            (Some(4), PowerCut),
            (Some(4), OpenSecond),
            (Some(4), CloseProcess),
            (Some(3), LoseIndex),
            (Some(2), Snapshot),
            (_random.OneIn(4) ? _random.Next(1, 3) : 0, Restore),
            (_random.OneIn(5) ? 1 : 0, Clone),
            (_random.OneIn(3) ? 1 : 0, Join),
            (Some(2), ClockJump),
            (Some(4), new OptimizeActions(world, m => MakeTrouble(m)).Next),
            .. (_random.OneIn(4) ? [] : _parts.Weighted(Some)),
        ];
    }

    /// <summary>One action, chosen by weight.</summary>
    public void Next()
    {
        foreach (var machine in _world.Machines) machine.Disk.KeepIndex();
        int at = _random.Next(_table.Sum(t => t.Weight));
        foreach (var (weight, act) in _table)
        {
            if ((at -= weight) >= 0) continue;
            act();
            break;
        }

        foreach (var machine in _world.Machines) machine.Trouble.ActionEnded();
    }

    public void PutSmall() => Change("put", _keys, (process, key) =>
    {
        int number = ++_values;
        int length = _random.OneIn(8) ? _random.Next(ItemValue.MaxInline) : _random.Next(60);
        var bytes = Encoding.UTF8.GetBytes($"{process.Machine.Name} value {number} {new string((char)('a' + (number % 26)), length)}");
        if (bytes.Length > ItemValue.MaxInline) bytes = bytes[..ItemValue.MaxInline];
        _world.History.Attempt(key, bytes);
        _world.History.Puts++;
        var value = ItemValue.FromBytes(bytes);
        var content = process.Vault.Keys.Genesis.ContentOf(Core.Encoding.Digest.Hash(bytes));
        return process.Vault.Commit([new CommitJob([new ItemIntent(Collection, key, state => Writes.Put(state, Collection, key, value, content: content))], [])])[0];
    });

    private void PutLarge() => Change("put large", _keys, (process, key) =>
    {
        var bytes = new byte[_random.OneIn(4) ? _random.Next(100_000, 400_000) : _random.Next(ItemValue.MaxInline + 1, 40_000)];
        // Half of it is always the same: equal chunks are stored once.
        new SeededRandom(17).Fill(bytes.AsSpan(0, bytes.Length / 2));
        _random.Fill(bytes.AsSpan(bytes.Length / 2));
        _world.History.Attempt(key, bytes);
        _world.History.Puts++;
        return process.Vault.Put(Collection, key, new MemoryStream(bytes));
    });

    // Several items of two collections as one commit.
    private void Transact() => Change("transact", _keys, (process, key) =>
    {
        using var transaction = process.Vault.Begin(atomic: _random.OneIn(3));
        foreach (var (collection, k) in _keys.Where(k => k == key || _random.OneIn(2)).Select(k => (Collection, k)).Append((Other, OtherKey)))
        {
            if (_random.OneIn(6) && transaction.Delete(collection, k)) continue;
            var bytes = Encoding.UTF8.GetBytes($"{process.Machine.Name} part {++_values} {new string((char)('a' + (_values % 26)), _random.Next(_random.OneIn(4) ? 3_000 : 100))}");
            _world.History.Attempt(k, bytes);
            transaction.Put(collection, k, new MemoryStream(bytes));
        }

        _world.History.Transactions++;
        var commit = transaction.Commit().Commit;
        return commit is null ? null : new([commit.Value], []);
    });

    private void Delete() => Change("delete", [.. _keys, .. PartActions.Objects], (process, key) =>
    {
        bool deleted = process.Vault.Delete(Collection, [key])[0];
        _world.Scheduler.Trace(deleted ? "deleted" : "was not there");
        return null;
    });

    private void Resolve() => Change("resolve", [.. _keys, .. PartActions.Objects, PartActions.Tally], (process, key) =>
    {
        if (process.Vault.Find(Collection, key) is not { } state || !View.Of(state).HasConflict) return null;
        var present = process.Vault.History(Collection, key).Where(v => v.IsPresent).ToList();
        if (present.Count == 0) return null; // trees took all of them
        return process.Vault.Resolve(Collection, key, _random.Pick(present).VersionId);
    });

    // A change by a running process, perhaps with trouble from the disk on the way.
    private void Change(string what, string[] keys, Func<SimulatedProcess, string, CommitResult?> change)
    {
        var machine = _random.Pick(_world.Machines);
        if (_world.Running(machine) is not { } process) return;
        if (machine.Processes.Count > 1) process = _random.Pick(machine.Processes);
        string key = _random.Pick(keys);
        _world.Scheduler.Trace($"{machine.Name}/{process.Number} {what} {key}");
        MakeTrouble(machine);
        bool done = _world.Guard(process, () =>
        {
            var result = change(process, key);
            if (result is not null) Acknowledged(process, result);
        });
        // Whoever is refused starts again: a process that met a disk error may not append any more.
        if (!done && !process.IsDead && _random.OneIn(2)) process.Kill();
    }

    private void Acknowledged(SimulatedProcess process, CommitResult result)
    {
        if (result.Commits.Count == 0) return;
        DurabilityCheck.LogIsSynced(process.Disk, "a caller was told that its change is stored");
        foreach (var id in result.Commits) process.Disk.Acknowledged.Add(id);
        if (_random.OneIn(2)) return;
        foreach (var id in result.Commits) DurabilityCheck.IsOnDisk(process, id, "a caller was told that its change is stored");
    }

    private void Read()
    {
        var machine = _random.Pick(_world.Machines);
        if (_world.Running(machine) is not { } process) return;
        MakeTrouble(machine);
        _world.Guard(process, () => FinalCheck.Values(_world, process, mustBeHere: false));
    }

    private void Sync()
    {
        if (_world.Machines.Count < 2) return;
        var a = _random.Pick(_world.Machines);
        var b = _random.Pick(_world.Machines);
        if (a == b || _world.Running(a) is not { } from || _world.Running(b) is not { } to) return;
        MakeTrouble(_random.OneIn(2) ? a : b, later: _random.OneIn(2));
        int direction = _random.Next(6);
        _world.Connect(from, to, new LinkOptions(
            Latency: _random.OneIn(4) ? _random.OneIn(4) ? 3_000 : 800 : 50,
            CutAfter: _random.OneIn(3) ? _random.Next(_random.OneIn(2) ? 2_000 : 60_000) : long.MaxValue,
            SilentCut: _random.OneIn(4),
            SlowSender: _random.OneIn(4))
        {
            Tampering = _tampered != 0 && _random.OneIn(_tampered) ? (Tampering)_random.Next(1, 8) : Tampering.None,
            TamperedMessage = _random.OneIn(2) ? _random.Next(4) : _random.Next(16),
            TamperForward = _random.OneIn(2),
            PushA = direction != 0,
            PullA = direction != 1,
            Follow = _random.OneIn(5),
        });
    }

    // Old batches once more, or commits of one log before what they depend on: as they come by bundles and by hub.
    private void DeliverOutOfOrder()
    {
        var machine = _random.Pick(_world.Machines);
        if (_world.Running(machine) is not { } process) return;
        MakeTrouble(machine);
        if (_world.OldBatches.Count > 0 && _random.OneIn(2))
        {
            var batch = _random.Pick(_world.OldBatches).ToList();
            if (Commit.Decode(batch[0].Record).Header.Lane == Lane.Data && _random.OneIn(2)) batch.Reverse();
            _world.Guard(process, () => _world.Store(process, batch));
            return;
        }

        var source = _random.Pick(_world.Machines).Running;
        if (source is null || source == process) return;
        _world.Guard(source, () =>
        {
            var theirs = process.Vault.HeldVector(Lane.Data);
            var bundles = source.Vault.CommitsBehind(Lane.Data, theirs).Select(id => source.Vault.ReadBundle(id, withSmallObjects: false)!).ToList();
            if (bundles.Count == 0) return;
            var log = Commit.Decode(_random.Pick(bundles).Record).Header.Log;
            var run = bundles.Where(b => Commit.Decode(b.Record).Header.Log == log).ToList();
            _world.Guard(process, () => _world.Store(process, run));
        });
    }

    private void KillProcess()
    {
        var machine = _random.Pick(_world.Machines);
        if (machine.Running is not { } process) return;
        _world.Died(process);
        if (_random.OneIn(2)) _world.Open(machine);
    }

    private void CloseProcess()
    {
        var machine = _random.Pick(_world.Machines);
        if (machine.Running is not { } process) return;
        _world.Scheduler.Trace($"{machine.Name}/{process.Number} closes");
        _world.Guard(process, process.Close);
    }

    private void OpenSecond()
    {
        var machine = _random.Pick(_world.Machines);
        machine.Bury();
        if (machine.Processes.Count >= 2) return;
        MakeTrouble(machine);
        _world.Open(machine);
    }

    private void PowerCut()
    {
        var machine = _random.Pick(_world.Machines);
        if (machine.Running is { } process && _random.OneIn(2))
        {
            // In the middle of a write, not between two.
            machine.Trouble.Arm(TroubleKind.Crash);
            _world.Guard(process, () => process.Vault.Delete(Collection, [_random.Pick(_keys)]));
        }

        _world.Scheduler.Trace($"{machine.Name} loses power");
        _world.History.Crashes++;
        machine.Trouble.Disarm();
        machine.KillAll();
        machine.Disk.PowerCut(_random);
        if (_random.OneIn(2)) MakeTrouble(machine);
        if (_random.OneIn(2)) _world.Open(machine);
    }

    private void LoseIndex()
    {
        var machine = _random.Pick(_world.Machines);
        _world.Scheduler.Trace($"{machine.Name} loses its index");
        if (_random.OneIn(2))
        {
            machine.Disk.DeleteIndex(); // under whoever has it open
            return;
        }

        foreach (var process in machine.Processes.Where(p => !p.IsDead)) _world.Died(process);
        machine.KillAll();
        machine.Disk.RollIndexBack(_random);
    }

    private void Snapshot()
    {
        var machine = _random.Pick(_world.Machines);
        _world.Scheduler.Trace($"{machine.Name} is backed up");
        if (machine.Snapshots.Count == 3) machine.Snapshots.RemoveAt(0);
        machine.Snapshots.Add(machine.Disk.Copy(newInodes: _random.OneIn(2)));
    }

    private void Restore()
    {
        var machine = _random.Pick(_world.Machines);
        if (machine.Snapshots.Count == 0) return;
        var chosen = _random.Pick(machine.Snapshots);
        bool rolledBack = chosen.Files.Names[VaultPaths.Instance].Number == machine.Disk.Files.Names[VaultPaths.Instance].Number;
        _world.Scheduler.Trace($"{machine.Name} goes back to an earlier state{(rolledBack ? ", unnoticed" : "")}");
        machine.KillAll();
        var disk = chosen.Copy(newInodes: !rolledBack);
        if (rolledBack) _world.History.MayFork.UnionWith(OwnLogsOf(disk));
        if (_random.OneIn(2))
        {
            foreach (var (name, bytes) in machine.Disk.Witnesses) disk.Witnesses[name] = bytes;
        }

        disk.Files.MachineId = machine.Disk.Files.MachineId;
        machine.Disk = disk;
        machine.WasRestored = true;
    }

    private void Clone()
    {
        if (_world.Machines.Count >= MostClones) return;
        var original = _random.Pick(_world.Machines);
        var clone = Founding.Clone(_world, original);
        _world.Scheduler.Trace($"{clone.Name} is a clone of {original.Name}");
    }

    public void Join()
    {
        if (_world.Machines.Count >= MostMachines) return;
        if (_world.Running(_random.Pick(_world.Machines)) is not { } member) return;
        _world.Guard(member, () => _world.Scheduler.Trace($"{Founding.Join(_world, member).Name} joins by {member.Machine.Name}"));
    }

    private void ClockJump()
    {
        var machine = _random.Pick(_world.Machines);
        machine.Time.Shift = _random.Next(4) switch
        {
            0 => 60_000L * _random.Next(-YearMinutes, YearMinutes),
            1 => machine.Time.Shift - 3_600_000,
            2 => _random.Next(-10_000, 10_000),
            _ => 0,
        };
        _world.Scheduler.Trace($"{machine.Name} has its clock at {machine.Time.Shift}");
    }

    private void MakeTrouble(Machine machine, bool later = false)
    {
        if (_troubled == 0 || !_random.OneIn(_troubled)) return;
        var kind = (TroubleKind)_random.Next(1, 6);
        if (_random.OneIn(3)) kind = TroubleKind.Interleave;
        _world.Scheduler.Trace($"{machine.Name} will have {kind}");
        machine.Trouble.Arm(kind, caller => Meanwhile(machine, caller), later);
    }

    // Another process of the machine acts while one is in the middle of an append.
    private void Meanwhile(Machine machine, int caller)
    {
        var other = machine.Processes.Find(p => !p.IsDead && p.View.Number != caller);
        if (other is null || _random.OneIn(4))
        {
            if (machine.Processes.Count(p => !p.IsDead) < 3) other = _world.Open(machine);
            if (other is null) return;
        }

        _world.Scheduler.Trace($"meanwhile {machine.Name}/{other.Number}");
        _world.Guard(other, () =>
        {
            DurabilityCheck.ShownIsOnDisk(other);
            foreach (var link in _world.Links)
            {
                if (link.A.Process == other && link.A.IsReady) link.A.LocalChange();
                if (link.B.Process == other && link.B.IsReady) link.B.LocalChange();
            }
        });
        if (_random.OneIn(4)) PutMeanwhile(other);
    }

    // Somebody else holds the lock: the one who comes second is refused, never let in.
    private void PutMeanwhile(SimulatedProcess process)
    {
        string key = _random.Pick(_keys);
        var bytes = Encoding.UTF8.GetBytes($"{process.Machine.Name} meanwhile {++_values}");
        _world.History.Attempt(key, bytes);
        _world.Guard(process, () => Acknowledged(process, process.Vault.Commit([new CommitJob([new ItemIntent(Collection, key, state => Writes.Put(state, Collection, key, ItemValue.FromBytes(bytes)))], [])])[0]));
    }

    private static LogId[] OwnLogsOf(SimulatedDisk disk)
    {
        var logs = new OwnLogs(disk.Local, new SeededRandom(0));
        return [logs.Data, logs.Membership];
    }

    private int Some(int most) => _random.OneIn(3) ? 0 : _random.Next(1, most + 1);
}
