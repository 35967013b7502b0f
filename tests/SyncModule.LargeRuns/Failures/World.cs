using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;
using SyncModule.LargeRuns.Hosts;

namespace SyncModule.LargeRuns.Failures;

/// <summary>The state between two steps: the machine under test (desk), its peer (laptop), and what the desk's items may hold.</summary>
internal sealed class World
{
    private World(Host desk, Host laptop, ExpectedItems expected) => (Desk, Laptop, Expected) = (desk, laptop, expected);

    public Host Desk { get; private init; }

    public Host Laptop { get; private init; }

    public ExpectedItems Expected { get; }

    /// <summary>Both are members of one vault.</summary>
    public bool Paired { get; set; }

    /// <summary>The desk was told that it has a vault.</summary>
    public bool Founded { get; set; }

    /// <summary>What was put at the laptop and has not come to the desk yet.</summary>
    public List<(string Key, byte[] Value)> FromLaptop { get; private init; } = [];

    /// <summary>Everything that the desk has signed; null while it has no keys.</summary>
    public SignedCommits? Signed { get; private set; }

    /// <summary>The call that fails in the step that runs next, and how.</summary>
    public (long Number, FaultKind Kind) Fault { get; private init; } = NoFault;

    public static (long Number, FaultKind Kind) NoFault => (long.MaxValue, default);

    public static World New() => new(Host.New("desk"), Host.New("laptop"), new ExpectedItems());

    /// <summary>A world of its own for one trial; what the desk has signed so far is read from its log.</summary>
    public World Copy((long Number, FaultKind Kind) fault)
    {
        var copy = new World(Desk.Copy(), Laptop.Copy(), Expected.Copy()) { Paired = Paired, Founded = Founded, FromLaptop = [.. FromLaptop], Fault = fault };
        copy.Signed = SignedBy(copy.Desk);
        return copy;
    }

    /// <summary>The process at the desk has ended; what it signed was signed.</summary>
    public void NextProcess() => Signed = Signed?.Next();

    public IReadOnlyList<(string Key, byte[] Value)> TakeFromLaptop()
    {
        var taken = FromLaptop.ToList();
        FromLaptop.Clear();
        return taken;
    }

    public void Arm(FaultPlan plan) => plan.Arm(Fault.Number, Fault.Kind);

    private static SignedCommits? SignedBy(Host host)
    {
        var view = host.Disk.OpenProcess();
        if (!view.Exists("vault.json")) return null;
        using var unlocked = Engine.Vaults.VaultCreation.ReadVaultFile(view).UnlockWithKeyFile(host.Key);
        var signed = new SignedCommits(unlocked.Ring.Device.Device);
        using var log = CommitLog.Open(view, SystemRandomSource.Instance.Fill);
        foreach (var group in log.ReadGroups(LogMark.Start)) signed.Known(group.Records);
        view.Kill();
        return signed;
    }
}
