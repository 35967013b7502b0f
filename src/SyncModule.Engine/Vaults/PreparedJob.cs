using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>A job with what its caller can compute before any lock: the tag of each intent's item, in their order.</summary>
internal sealed record PreparedJob(CommitJob Job, Id16[] Tags)
{
    public static PreparedJob Of(CommitJob job, VaultKeys keys) => new(job, keys.ItemTags(job.Intents));

    public static PreparedJob[] Of(IReadOnlyList<CommitJob> jobs, VaultKeys keys)
    {
        var prepared = new PreparedJob[jobs.Count];
        for (int i = 0; i < prepared.Length; i++) prepared[i] = Of(jobs[i], keys);
        return prepared;
    }
}
