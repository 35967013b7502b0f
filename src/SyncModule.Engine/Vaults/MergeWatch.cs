using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>Gives each merge record of a vault once: those that were not there before. Safe for many threads; each record goes to one of them.</summary>
public sealed class MergeWatch
{
    private readonly Vault _vault;
    private readonly Lock _gate = new();

    // A settled record stands for good; an open one is another one as soon as its versions change.
    private readonly HashSet<Id32> _settled = [];
    private HashSet<Id32> _open = [];

    public MergeWatch(Vault vault)
    {
        _vault = vault;
        Take();
    }

    /// <summary>Records that came since the last call, in the order (ts, id). An open record whose versions changed is a new one (format-1 §7).</summary>
    public IReadOnlyList<MergeRecord> Take()
    {
        lock (_gate)
        {
            // After each event of a follow: what was given is known by its id and is not read again.
            var records = _vault.MergeRecords(wanted: id => !_settled.Contains(id));
            var before = _open;
            _open = [];
            var fresh = new List<MergeRecord>();
            foreach (var record in records)
            {
                if (record.State == MergeState.Settled ? _settled.Add(record.Id) : _open.Add(record.Id) && !before.Contains(record.Id)) fresh.Add(record);
            }

            return fresh;
        }
    }
}
