using SyncModule.Core.Model;

namespace SyncModule.Core.Merging;

/// <summary>The chains of the logs that a replica has applied. In a log that is not forked a lower number says it all.</summary>
public interface ILogBranches
{
    /// <summary>True when a commit of a log is a `prev` ancestor of <paramref name="tip"/>, a commit of the same log with a greater number.</summary>
    bool IsBehind(LogId log, CommitId commit, Tip tip);
}

/// <summary>Asks a vector for single commits.</summary>
public static class VectorCoverage
{
    /// <summary>Whether the commit lies in the vector: is a tip of its log there, or behind one.</summary>
    public static bool Covers(this VersionVector vector, LogId log, ulong sequence, CommitId commit, ILogBranches branches)
    {
        foreach (var tip in vector[log])
        {
            if (tip.Id == commit || (sequence < tip.Sequence && branches.IsBehind(log, commit, tip))) return true;
        }

        return false;
    }
}
