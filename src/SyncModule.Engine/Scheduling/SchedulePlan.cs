namespace SyncModule.Engine.Scheduling;

/// <summary>
/// Everything about one scheduled sync, in one record without secrets. All texts are pure functions of it, and it is kept beside the
/// script as JSON, so that a schedule can be listed without reading any scheduler's own format.
/// </summary>
/// <param name="Vault">The vault's name.</param>
/// <param name="Folder">The vault's folder, absolute: a schedule outlives a change of the name.</param>
/// <param name="KeyFile">Opens the vault where nobody can be asked, absolute.</param>
/// <param name="Peers">Whom to sync with; empty = all with an address.</param>
/// <param name="Every">From the beginning of a run to that of the next; 1 minute to 31 days, whole seconds (what all three schedulers can do).</param>
/// <param name="From">When it was registered.</param>
/// <param name="Program">pwsh, absolute.</param>
/// <param name="Module">What Import-Module is given: SyncModule, or the manifest's path where PowerShell would not find it by name.</param>
/// <param name="Script">The script that is run, absolute.</param>
/// <param name="Environment">Variables that moved this user's folders; the scheduler would not pass them on.</param>
/// <param name="User">DOMAIN\USER, for Task Scheduler.</param>
public sealed record SchedulePlan(
    string Vault,
    string Folder,
    string KeyFile,
    IReadOnlyList<string> Peers,
    TimeSpan Every,
    DateTimeOffset From,
    string Program,
    string Module,
    string Script,
    IReadOnlyDictionary<string, string> Environment,
    string User)
{
    public static TimeSpan Shortest => TimeSpan.FromMinutes(1);

    public static TimeSpan Longest => TimeSpan.FromDays(31);

    /// <summary>How long after registering, or after the user's services start, the first run comes.</summary>
    public static TimeSpan FirstAfter => TimeSpan.FromMinutes(1);

    public string Name => NameOf(Vault);

    public static string NameOf(string vault) => "syncmodule-" + vault;

    /// <summary>What pwsh is started with. A script that asks would wait for ever, so it is told that nobody is there.</summary>
    public IReadOnlyList<string> Arguments => ["-NoLogo", "-NoProfile", "-NonInteractive", "-File", Script];

    /// <exception cref="SyncException"><see cref="SyncErrors.UsageWrong"/>: the interval is too short or too long, or a path has a control character, which no unit file or XML can carry.</exception>
    public void Check()
    {
        if (Every < Shortest || Every > Longest || Every.Ticks % TimeSpan.TicksPerSecond != 0) throw SyncErrors.UsageWrong.With("-Every takes 1 minute to 31 days, in whole seconds");
        string[] texts = [Folder, KeyFile, Program, Module, Script, User, .. Peers, .. Environment.Values];
        if (texts.Any(t => t.Any(char.IsControl))) throw SyncErrors.UsageWrong.With("A path or a name has a control character, which a schedule cannot carry");
    }
}

/// <summary>A file that a schedule consists of.</summary>
public sealed record ScheduleFile(string Path, string Text);

/// <summary>What the scheduler knows about a schedule.</summary>
public readonly record struct ScheduleState(bool Active, DateTimeOffset? NextRun, DateTimeOffset? LastRun, int? LastExit);
