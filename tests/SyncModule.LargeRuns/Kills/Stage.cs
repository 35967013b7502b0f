using SyncModule.Engine.Maintenance;
using SyncModule.Engine.Transport;
using SyncModule.Engine.Vaults;
using SyncModule.LargeRuns.Failures;
using SyncModule.LargeRuns.Hosts;

namespace SyncModule.LargeRuns.Kills;

/// <summary>
/// A real machine, whose processes are killed one after the other and whose vault goes on living, and its peer, which lives in this process.
/// Every kill finds the folder as the earlier ones left it.
/// </summary>
internal sealed class Stage : IDisposable
{
    // A round with the peer is not cheap; steps that have met it check it each time.
    private const int ConvergeEvery = 8;

    private static readonly byte[] Again = "works"u8.ToArray();

    private readonly string _root;
    private readonly bool _onNetwork;
    private int _trials;

    /// <param name="scratch">An existing folder.</param>
    /// <param name="step">What will run here.</param>
    public Stage(string scratch, KillStep step)
    {
        _onNetwork = step.OnNetwork;
        _root = Directory.CreateDirectory(Path.Combine(scratch, "stage-" + Guid.NewGuid().ToString("N"))).FullName;
        Desk = new RealMachine(_root);
        Laptop = Host.New("laptop");
        if (step.Founds) return;
        Desk.Create();
        using var vault = Desk.Open();
        vault.Put(ExpectedItems.Collection, "first", new MemoryStream(Again));
        Expected.Acknowledged("first", Again);
        Meeting.Pair(vault, Laptop, new HostProcess(Laptop));
    }

    public RealMachine Desk { get; private set; }

    public Host Laptop { get; private set; }

    public ExpectedItems Expected { get; private set; } = new();

    /// <summary>A kill may have left damage that was there before: a repair from the peer comes first.</summary>
    public bool Damaged { get; set; }

    /// <summary>A number that no other trial of this stage has.</summary>
    public int Trial => _trials;

    public string PathOf(string name) => Path.Combine(Desk.Root, name);

    /// <summary>An empty folder for a machine that is to found or join.</summary>
    public void NewDesk()
    {
        if (Desk.Root != _root) Directory.Delete(Desk.Root, recursive: true);
        Desk = new RealMachine(Directory.CreateDirectory(Path.Combine(_root, "desk-" + Guid.NewGuid().ToString("N"))).FullName);
        Expected = new ExpectedItems();
    }

    public void NewLaptop() => Laptop = Host.New("laptop");

    public Vault OpenLaptop() => new HostProcess(Laptop).Open();

    /// <summary>Lets the laptop serve over TCP meanwhile.</summary>
    public T WithServer<T>(Func<string, T> body)
    {
        using var laptop = OpenLaptop();
        return Meeting.With(laptop, (_, address) => body(address), new TcpTransport());
    }

    /// <summary>What has to hold now, whatever was killed before.</summary>
    public void Check()
    {
        _trials++;
        using var vault = Desk.Open();
        bool paired = Laptop.Disk.OpenProcess().Exists(VaultPaths.VaultFile);
        using var peer = paired ? OpenLaptop() : null;
        if (peer is not null) AfterFailure.AcknowledgedIsHeld(vault, peer);
        if (Damaged) AfterFailure.Repair(vault, peer!);
        Damaged = false;
        if (Expected.Check(vault) is { } wrong) throw new Violation(wrong);
        var verified = Verifier.Run(vault, new VerifyOptions(ReadData: true));
        if (verified.Damaged.Count > 0) throw new Violation($"verify finds {verified.Damaged[0].Where}: {verified.Damaged[0].What}");
        vault.Put(ExpectedItems.Collection, "again", new MemoryStream(Again));
        Expected.Acknowledged("again", Again);
        if (peer is null || (!_onNetwork && _trials % ConvergeEvery != 0)) return;
        AfterFailure.Converges(vault, peer);
        Expected.Arrived();
        if (Expected.Check(vault) is { } stillWrong) throw new Violation("after a round, " + stillWrong);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
