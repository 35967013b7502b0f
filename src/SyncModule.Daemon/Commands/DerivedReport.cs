using SyncModule.Daemon.Output;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>A derived collection as status and collection list tell of it. Field names are those of the contract.</summary>
internal sealed record DerivedRow(string Collection, string State, long Items, DateTimeOffset? Made, int? Written)
{
    /// <param name="state">How it is.</param>
    /// <param name="written">Items that were written into it all the same; null where nobody has looked.</param>
    public static DerivedRow Of(DerivedState state, int? written = null) => new(state.Collection, state.Made is null ? "notMade" : state.IsStale ? "stale" : "current", state.Items, state.Made, written);

    public string Shown(string? made) => State switch { "notMade" => "not made yet", "stale" => $"stale{made}", _ => $"current{made}" };
}

/// <summary>Tells of derived collections that are stale while others are followed or served: at first of all, then as changes come.</summary>
internal sealed class DerivedReport : IDisposable
{
    private readonly ResultWriter _output;
    private readonly DerivedWatch _watch;
    private readonly ChangeFollower _changes;

    public DerivedReport(Vault vault, ResultWriter output)
    {
        (_output, _watch) = (output, new(vault));
        _changes = new(vault, Tell);
    }

    public void Dispose() => _changes.Dispose();

    /// <summary>Those that are stale, for people and for scripts, as events of a node are told.</summary>
    public void Tell()
    {
        foreach (var state in _watch.Take())
        {
            var now = DateTimeOffset.UtcNow;
            _output.Record(new { kind = "Stale", at = now, collection = state.Collection, made = state.Made });
            _output.Text($"{Human.Time(now)}  {"Stale",-11}  {state.Collection}: {(state.Made is null ? "not made yet" : "the vault has changed since it was made")}");
        }
    }

    /// <summary>The same of a round that is over; gives their names.</summary>
    public static IReadOnlyList<string> TellRound(ResultWriter output, Vault vault)
    {
        // One that was never made here is told by status: not every device wants it.
        string[] stale = [.. vault.DerivedStates().Where(s => s.IsStale && s.Made is not null).Select(s => s.Collection)];
        if (stale.Length > 0) output.Text($"To be made anew (mirord collection rebuild): {string.Join(", ", stale)}.");
        return stale;
    }
}
