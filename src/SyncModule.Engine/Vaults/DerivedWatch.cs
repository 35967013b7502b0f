namespace SyncModule.Engine.Vaults;

/// <summary>
/// Tells which computed collections are to be made anew, for who follows a vault: at the first call all that are, so that nothing is forgotten when a process ends
/// in between; then those of which something has changed since they were told. One that was never made here is told once: not every device wants it. Safe for
/// many threads.
/// </summary>
public sealed class DerivedWatch(Vault vault)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (int Generation, ulong Version)> _told = new(StringComparer.Ordinal);

    public IReadOnlyList<DerivedState> Take()
    {
        lock (_gate)
        {
            ulong version = vault.StateVersion();
            var stale = new List<DerivedState>();
            foreach (var state in vault.DerivedStates().Where(s => s.IsStale))
            {
                var mark = (state.Generation, state.Made is null ? 0 : version);
                if (_told.TryGetValue(state.Collection, out var told) && told == mark) continue;
                _told[state.Collection] = mark;
                stale.Add(state);
            }

            return stale;
        }
    }
}
