using SyncModule.Engine.Vaults;
using SyncModule.LargeRuns.Hosts;

namespace SyncModule.LargeRuns.Failures;

/// <summary>
/// The machine under test and its peer during one step. The step opens, arms and acts through this, so that every answer is either an
/// acknowledgement or a typed error; anything else is a <see cref="Violation"/>.
/// </summary>
internal sealed class Trial
{
    private readonly Host _host;
    private readonly SignedCommits _signed;

    public Trial(World world, FaultPlan plan)
    {
        (World, Plan) = (world, plan);
        _host = world.Desk;
        _signed = world.Signed ?? new SignedCommits(default);
        Process = new HostProcess(_host, plan, _signed);
    }

    public World World { get; }

    public FaultPlan Plan { get; }

    public HostProcess Process { get; }

    public ExpectedItems Expected => World.Expected;

    /// <summary>Null until <see cref="Open"/> has worked.</summary>
    public Vault? Vault { get; private set; }

    /// <summary>The last error that a caller was told.</summary>
    public SyncException? Refusal { get; private set; }

    /// <summary>From now on calls are counted and one fails.</summary>
    public void Arm() => World.Arm(Plan);

    public bool Open() => Try(() => Vault = Process.Open());

    /// <summary>Puts a value; the expected items follow the answer.</summary>
    public bool Put(string key, byte[] value) => Write(key, value, vault => vault.Put(ExpectedItems.Collection, key, new MemoryStream(value)));

    /// <summary>Puts values as one commit whose block is an object.</summary>
    public void PutInObject(params (string Key, byte[] Value)[] items)
    {
        if (Vault is not { } vault) return;
        vault.MostInlineBytes = 0;
        bool done = Try(() =>
        {
            using var transaction = vault.Begin(atomic: true);
            foreach (var (key, value) in items) transaction.Put(ExpectedItems.Collection, key, new MemoryStream(value));
            transaction.Commit();
        });
        vault.MostInlineBytes = CommitBuilder.MostInlineBytes;
        foreach (var (key, value) in items)
        {
            if (done) Expected.Acknowledged(key, value);
            else Expected.Refused(key, value);
        }
    }

    public bool Delete(string key) => Write(key, null, vault => vault.Delete(ExpectedItems.Collection, [key]));

    /// <summary>True when it ended well; false after a typed error.</summary>
    public bool Try(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (SyncException e) when (IsExpected(e))
        {
            Refusal = e;
            return false;
        }
        catch (Exception e) when (e is not Violation)
        {
            throw new Violation($"an untyped or unfit error: {(e as SyncException)?.ErrorId ?? e.GetType().Name}: {e.Message}", e);
        }
    }

    /// <summary>Whatever can be read now is right; a typed error says that it cannot.</summary>
    public void ReadAll()
    {
        if (Vault is not { } vault) return;
        string? wrong = null;
        Try(() => wrong = Expected.Check(vault));
        if (wrong is not null) throw new Violation("in the same process, " + wrong);
    }

    /// <summary>Ends the process, in order or by a kill.</summary>
    public void End(bool kill)
    {
        if (!kill && Vault is { } vault) Try(vault.Dispose);
        Plan.Disarm();
        Process.Kill();
        if (kill) Vault?.Keys.Dispose();
        if (_signed.Violation is { } violation) throw new Violation(violation);
    }

    private bool Write(string key, byte[]? value, Action<Vault> write)
    {
        if (Vault is not { } vault) return false;
        if (Try(() => write(vault)))
        {
            Expected.Acknowledged(key, value);
            return true;
        }

        Expected.Refused(key, value);
        return false;
    }

    // These say that the engine lost its way, not that a disk is in trouble.
    private static bool IsExpected(SyncException e) =>
        e.Kind != SyncErrors.InternalError && e.Kind != SyncErrors.StateDiverged && e.Kind != SyncErrors.ProtocolViolation && e.Kind != SyncErrors.UsageWrong;
}
