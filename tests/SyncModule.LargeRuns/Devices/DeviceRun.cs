using System.Diagnostics;
using SyncModule.Core.Merging;
using SyncModule.LargeRuns.Hosts;

namespace SyncModule.LargeRuns.Devices;

/// <summary>What a run does. <paramref name="Explained"/>: of so many open conflicts at the end the explanation is printed.</summary>
internal sealed record DeviceOptions(int Operations = 10_000, int Seed = 1, int Devices = 3, int Explained = 0, bool Print = false);

/// <summary>Counts of a run.</summary>
/// <param name="Done">Changes by kind.</param>
/// <param name="Applied">Operations in the logs at the end.</param>
internal sealed record DeviceResult(IReadOnlyDictionary<string, int> Done, int Refusals, int Rounds, int Checks, int Applied, int Records, string? Violation);

/// <summary>
/// Three devices that change the same few items in every way there is (all kinds, policies, collections, owners, transactions), meet by real sessions when no partition keeps
/// them apart, have clocks that are wrong, lose indexes, are put back to backups, noticed or not, forget deletions by checkpoints, and prune. Along the way one is compared with the
/// naive model of its own log, while that is whole; when everybody has met everybody all say the same, records included, and an index that is made anew says it too.
/// </summary>
internal sealed class DeviceRun : IDisposable
{
    private readonly DeviceOptions _options;
    private readonly Random _random;
    private readonly List<Desk> _desks = [];
    private readonly SortedDictionary<string, int> _done = new(StringComparer.Ordinal);
    private readonly DeviceActions _actions;
    private (int, int)? _apart;
    private int _refusals, _rounds, _checks, _applied;

    private DeviceRun(DeviceOptions options)
    {
        (_options, _random) = (options, new Random(options.Seed));
        var founder = Host.New("device 0");
        new HostProcess(founder).Create();
        _desks.Add(new(founder));
        for (int i = 1; i < options.Devices; i++)
        {
            var host = Host.New($"device {i}");
            Meeting.Pair(_desks[0].Vault, host, new HostProcess(host));
            _desks.Add(new(host));
        }

        _actions = new(_random, () => _desks[_random.Next(_desks.Count)].Vault.Device);
    }

    public static DeviceResult Run(DeviceOptions options)
    {
        using var run = new DeviceRun(options);
        string? violation = null;
        try
        {
            run.Play();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            violation = $"seed {options.Seed}, after {run._done.Values.Sum()} changes: {(e is Violation ? e.Message : e)}";
        }

        return new(run._done, run._refusals, run._rounds, run._checks, run._applied, violation is null ? run._desks[0].Vault.MergeRecords().Count : 0, violation);
    }

    public void Dispose()
    {
        foreach (var desk in _desks) desk.Dispose();
    }

    private void Play()
    {
        var clock = Stopwatch.StartNew();
        int lot = Math.Max(1, _options.Operations / 10);
        for (int i = 1; i <= _options.Operations; i++)
        {
            Change(_desks[_random.Next(_desks.Count)]);
            Happen();
            if (i % lot != 0) continue;
            // What has come so far, which is a part only.
            var desk = _desks[_random.Next(_desks.Count)];
            AgainstModel(desk);
            if (i % (3 * lot) == 0 || i + lot > _options.Operations) AllAgree();
            if (_options.Print) Console.WriteLine(FormattableString.Invariant($"  {i:N0} changes, {_applied:N0} operations at {desk.Name}, {_rounds:N0} rounds, {_refusals:N0} refusals, {clock.Elapsed.TotalSeconds:F0}s"));
        }

        AllAgree();
        Explain();
    }

    private void Change(Desk desk)
    {
        string kind = "refused";
        try
        {
            kind = _actions.Act(desk.Vault);
        }
        catch (SyncException e) when (DeviceActions.Refusals.Contains(e.Kind))
        {
            _refusals++;
        }

        Note(kind);
    }

    // Beside the changes: meetings, and what befalls devices.
    private void Happen()
    {
        var desk = _desks[_random.Next(_desks.Count)];
        switch (_random.Next(400))
        {
            case < 40: Meet(desk, _desks[_random.Next(_desks.Count)]); break;
            case < 50: _apart = _random.Next(3) == 0 ? null : (_random.Next(_desks.Count), _random.Next(_desks.Count)); break;
            case < 53: Note("backup", desk.MakeBackup); break;
            case < 55 when desk.HasBackup: Note("restored", () => desk.RestoreBackup(noticed: true)); break;
            case 55 when desk.HasBackup: Note("rolled back", () => desk.RestoreBackup(noticed: false)); break;
            case < 59: Note("index lost", desk.LoseIndex); break;
            case < 63: desk.Clock.Off = TimeSpan.FromMinutes(_random.Next(4) switch { 0 => -525_600, 1 => _random.Next(-10, 10), 2 => 525_600, _ => 0 }); break;
            case < 66: Note("checkpoint", () => desk.Vault.MakeCheckpoint(withSnapshot: _random.Next(2) == 0)); break;
            case 66 when desk != _desks[0]: Note("pruned", () => desk.Prune(history: _random.Next(3) > 0)); break;
        }
    }

    private void Meet(Desk one, Desk other)
    {
        bool apart = _apart is var (a, b) && (one == _desks[a] || one == _desks[b]) && (other == _desks[a] || other == _desks[b]);
        if (one == other || apart) return;
        Round(one, other);
    }

    private void Round(Desk one, Desk other)
    {
        var summary = Meeting.Sync(one.Vault, other.Vault);
        _rounds++;
        if (summary.Outcome is not (SyncOutcome.Synced or SyncOutcome.UpToDate or SyncOutcome.Conflicts)) throw new Violation($"{one.Name} with {other.Name} ends {summary.Outcome}: {summary.Peers[0].Error?.Message}");
    }

    // A device that was put back gets from others what it had itself, and from those that pruned without the operations.
    private void AgainstModel(Desk desk)
    {
        if (!DeviceCheck.IsWhole(desk.Vault)) return;
        _applied = DeviceCheck.AgainstModel(desk.Name, desk.Vault);
        _checks++;
    }

    private void AllAgree()
    {
        // Twice around: what the last has reaches the first.
        for (int turn = 0; turn < 2; turn++)
        {
            for (int i = 1; i < _desks.Count; i++) Round(_desks[i], _desks[0]);
        }

        foreach (var desk in _desks) DeviceCheck.Equal($"{_desks[0].Name} and {desk.Name}", _desks[0].Vault, desk.Vault);
        foreach (var desk in _desks) AgainstModel(desk);
        foreach (var desk in _desks)
        {
            if (!desk.Vault.StateFitsLog()) throw new Violation($"{desk.Name}: the index is not what the log says");
        }

        var anew = _desks[_random.Next(1, _desks.Count)];
        anew.LoseIndex();
        DeviceCheck.Equal($"{_desks[0].Name} and {anew.Name} with an index made anew", _desks[0].Vault, anew.Vault);
    }

    // For the eye: docs/reliability.md says that somebody has read some.
    private void Explain()
    {
        var vault = _desks[0].Vault;
        var told = vault.MergeRecords().Where(r => r.Key.Length > 0).GroupBy(r => (r.Collection, r.Key)).OrderByDescending(g => g.Count(r => r.State == MergeState.Open)).Take(_options.Explained);
        foreach (var item in told)
        {
            if (vault.Find(item.Key.Collection, item.Key.Key) is { } state) Console.WriteLine(Explanation.Of(state, item.TakeLast(4), vault.DeviceName, vault.PolicyOf(item.Key.Collection).For(item.Key.Key)));
        }
    }

    private void Note(string what, Action act)
    {
        act();
        Note(what);
    }

    private void Note(string what) => _done[what] = _done.GetValueOrDefault(what) + 1;
}
