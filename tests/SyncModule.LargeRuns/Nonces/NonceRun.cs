using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;
using SyncModule.LargeRuns.Failures;
using SyncModule.LargeRuns.Hosts;

namespace SyncModule.LargeRuns.Nonces;

/// <summary>What was done and what came of it. Keys: pairs of key and nonce. Forks: logs with two commits at one place, as rolled back machines make them.</summary>
internal sealed record NonceResult(long Sealings, long Keys, long SameAgain, int Puts, int Rounds, int Clones, int Rollbacks, int Forks, IReadOnlyList<string> Violations);

/// <summary>
/// Vaults in use until a number of sealings is reached: small and large values, equal ones on several machines, rounds of syncing, folders
/// that are copied and go on beside their original, machines that are rolled back unnoticed and write again under numbers they had used.
/// </summary>
internal sealed class NonceRun
{
    private const int StepsPerVault = 3_000;
    private const int MostMachines = 6;

    private readonly Random _random;
    private readonly List<(Host Host, Vault Vault)> _machines = [];
    private Host? _saved;
    private int _puts, _rounds, _clones, _rollbacks, _forks;

    private NonceRun(int seed) => _random = new Random(seed);

    /// <summary>Null when this build does not tell of sealings.</summary>
    public static NonceResult? Run(long sealings, int seed)
    {
#if SEALINGS
        var log = new SealingLog();
        Engine.Cryptography.Sealings.Observed = log.Note;
        try
        {
            var run = new NonceRun(seed);
            while (log.Sealings < sealings) run.OneVault(() => log.Sealings >= sealings);
            return new(log.Sealings, log.Pairs, log.SameAgain, run._puts, run._rounds, run._clones, run._rollbacks, run._forks, log.Violations);
        }
        finally
        {
            Engine.Cryptography.Sealings.Observed = null;
        }
#else
        _ = new NonceRun(seed)._machines.Count + sealings;
        return null;
#endif
    }

    internal void OneVault(Func<bool> isEnough)
    {
        Host desk = Host.New("desk"), laptop = Host.New("laptop");
        new HostProcess(desk).Create();
        Add(desk);
        Meeting.Pair(_machines[0].Vault, laptop, new HostProcess(laptop));
        Add(laptop);
        for (int i = 0; i < StepsPerVault && !isEnough(); i++) Step();
        var logs = _machines.SelectMany(m => m.Vault.HeldVector(Lane.Data).Logs).Where(l => l.Value.Length > 1).Select(l => l.Key).Distinct();
        _forks += logs.Count();
        foreach (var (_, vault) in _machines) vault.Dispose();
        _machines.Clear();
        _saved = null;
    }

    private void Step()
    {
        int index = _random.Next(_machines.Count);
        int roll = _random.Next(1_000);
        if (roll < 960) Put(_machines[index].Vault);
        else if (roll < 985) Round(index);
        else if (roll < 990) Clone(index);
        else if (roll < 995) _saved = _machines[index].Host.Copy();
        else RollBack();
    }

    private void Put(Vault vault)
    {
        int size = _random.Next(20) switch { < 12 => _random.Next(100), < 18 => _random.Next(6_000), _ => 20_000 + _random.Next(60_000) };
        // Few seeds: the same content comes again, here and elsewhere. Half of it can be compressed, which takes another way to its key.
        int seed = _random.Next(50);
        byte[] value = Workload.Noise(size, seed);
        if (seed % 2 == 0) value.AsSpan(size / 3).Fill((byte)seed);
        vault.Put(ExpectedItems.Collection, "k" + _random.Next(100), new MemoryStream(value));
        _puts++;
    }

    private void Round(int index)
    {
        int other = _random.Next(_machines.Count);
        if (other == index) return;
        Meeting.Sync(_machines[index].Vault, _machines[other].Vault);
        _rounds++;
    }

    private void Clone(int index)
    {
        if (_machines.Count == MostMachines) return;
        var host = Reopened(index);
        Add(host.Copy(newInodes: true));
        _clones++;
    }

    // In place of the machine that was saved, or beside it: then two machines take themselves for the same one.
    private void RollBack()
    {
        if (_saved is null) return;
        int index = _machines.FindIndex(m => m.Host.Name == _saved.Name);
        if (_machines.Count == MostMachines || _random.Next(2) == 0)
        {
            _machines[index].Vault.Dispose();
            _machines.RemoveAt(index);
        }

        Add(_saved.Copy());
        _rollbacks++;
    }

    private Host Reopened(int index)
    {
        var (host, vault) = _machines[index];
        vault.Dispose();
        _machines[index] = (host, new HostProcess(host).Open());
        return host;
    }

    private void Add(Host host) => _machines.Add((host, new HostProcess(host).Open()));
}
