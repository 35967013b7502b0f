using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>Gives each merge record of a vault once: those that were not there before. Safe for many threads; each record goes to one of them.</summary>
public sealed class MergeWatch
{
    private readonly Vault _vault;
    private readonly Lock _gate = new();
    private HashSet<Id32> _seen;

    public MergeWatch(Vault vault)
    {
        _vault = vault;
        _seen = [.. vault.MergeRecords().Select(r => r.Id)];
    }

    /// <summary>Records that came since the last call, in the order (ts, id). An open record whose versions changed is a new one (format-1 §7).</summary>
    public IReadOnlyList<MergeRecord> Take()
    {
        lock (_gate)
        {
            var all = _vault.MergeRecords();
            var fresh = all.Where(r => !_seen.Contains(r.Id)).ToList();
            _seen = [.. all.Select(r => r.Id)];
            return fresh;
        }
    }
}
