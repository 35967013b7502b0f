using SyncModule.Core.Model;
using SyncModule.Engine.Files;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Vaults;
using SyncModule.LargeRuns.Failures;
using SyncModule.LargeRuns.Hosts;

namespace SyncModule.LargeRuns.Power;

/// <summary>What had been told to somebody at one moment, and what was under way: for one vault.</summary>
/// <param name="Name">The machine's folder on the disk.</param>
/// <param name="Founded">A caller was told that the vault is there.</param>
/// <param name="Values">What was written to each item.</param>
/// <param name="Held">What the peer was told is held here.</param>
internal sealed record Told(string Name, bool Founded, IReadOnlyDictionary<string, Written> Values, VersionVector? Held)
{
    public Written Of(string key) => Values.GetValueOrDefault(key) ?? Written.Nothing;
}

/// <summary>Every value that was tried for one item, in order, and which of them was the last acknowledged one. Null stands for no item.</summary>
internal sealed record Written(IReadOnlyList<byte[]?> All, int Acknowledged)
{
    public static readonly Written Nothing = new([null], 0);

    public byte[]? Last => All[Acknowledged];
}

/// <summary>One vault on the disk, in use by this process: made, filled, imported into, synced with a peer in memory, closed and opened again.</summary>
internal sealed class Life(string disk, int number) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Written> _values = new(StringComparer.Ordinal);
    private readonly Random _random = new(number);
    private readonly Host _laptop = Host.New("laptop");
    private readonly string _source = Directory.CreateTempSubdirectory("syncmodule-power-").FullName;
    private Vault? _vault, _peer;
    private bool _founded;
    private int _step;

    private string Name => "machine-" + number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private RealMachine Machine => new(Directory.CreateDirectory(Path.Combine(disk, Name)).FullName);

    /// <summary>At this moment. Any thread.</summary>
    public Told Now()
    {
        lock (_gate)
        {
            var held = _peer is { } peer && _vault is { } vault ? PeerAcknowledgements.Find(peer, vault.Device) : null;
            return new(Name, _founded, _values.ToDictionary(StringComparer.Ordinal), held);
        }
    }

    public void Found()
    {
        Machine.Create();
        _vault = Machine.Open();
        lock (_gate) _founded = true;
        Meeting.Pair(_vault, _laptop, new HostProcess(_laptop));
        var peer = new HostProcess(_laptop).Open();
        lock (_gate) _peer = peer;
    }

    public void Step()
    {
        string key = "k" + _random.Next(8);
        int seed = (number * 10_000) + ++_step;
        switch (_random.Next(20))
        {
            case < 9: Put(key, Workload.Noise(_random.Next(2) == 0 ? 200 : 6_000, seed)); break;
            case < 12: Put(key, Workload.Noise(40_000, seed)); break;
            case < 13: Put(key, Workload.Noise(1_100_003, seed)); break;
            case < 15: Delete(key); break;
            case < 16: Import(seed); break;
            case < 18: Meeting.Sync(_vault!, _peer!); break;
            default: Reopen(); break;
        }
    }

    public void Dispose()
    {
        _vault?.Dispose();
        _peer?.Dispose();
        Directory.Delete(_source, recursive: true);
        if (Directory.Exists(Machine.Root)) Directory.Delete(Machine.Root, recursive: true);
    }

    private void Reopen()
    {
        // Others ask the vault for its device meanwhile.
        lock (_gate)
        {
            _vault!.Dispose();
            _vault = Machine.Open();
        }
    }

    private void Put(string key, byte[] value)
    {
        Try(key, value);
        _vault!.Put(ExpectedItems.Collection, key, new MemoryStream(value));
        Done(key, value);
    }

    private void Delete(string key)
    {
        Try(key, null);
        _vault!.Delete(ExpectedItems.Collection, [key]);
        Done(key, null);
    }

    private void Import(int seed)
    {
        var files = Enumerable.Range(0, 5).Select(i => (Key: "file" + i, Value: Workload.Noise(3_000 * (i + 1), seed + (1_000 * i)))).ToList();
        foreach (var (key, value) in files)
        {
            File.WriteAllBytes(Path.Combine(_source, key), value);
            Try(key, value);
        }

        if (FolderImport.Run(_vault!, _source, new ImportOptions()).Problems is [var problem, ..]) throw new Violation($"the import lists '{problem.Path}': {problem.Message}");
        foreach (var (key, value) in files) Done(key, value);
    }

    private void Try(string key, byte[]? value)
    {
        lock (_gate)
        {
            var written = _values.GetValueOrDefault(key) ?? Written.Nothing;
            _values[key] = written with { All = [.. written.All, value] };
        }
    }

    private void Done(string key, byte[]? value)
    {
        lock (_gate)
        {
            var written = _values[key];
            if (written.All[^1] != value) throw new InvalidOperationException("another value was tried meanwhile");
            _values[key] = written with { Acknowledged = written.All.Count - 1 };
        }
    }
}
