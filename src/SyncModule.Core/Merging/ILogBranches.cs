using SyncModule.Core.Model;

namespace SyncModule.Core.Merging;

/// <summary>The chains of the logs that a replica has applied. In a log that is not forked a lower number says it all.</summary>
public interface ILogBranches
{
    /// <summary>True when the commit of <paramref name="head"/> is a `prev` ancestor of <paramref name="tip"/>, a commit of the same log with a greater number.</summary>
    bool IsBehind(Head head, Tip tip);
}
