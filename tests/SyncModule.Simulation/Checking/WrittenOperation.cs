using SyncModule.Core.Merging;
using SyncModule.Core.Model;

#pragma warning disable MA0048 // the naive model, which is shared with the tests of merging, looks for it here
namespace SyncModule.Core.Tests.Merging;

/// <summary>One operation as its author wrote it: where it stands, and the ids of all commits in its commit's past.</summary>
internal sealed record WrittenOperation(Operation Operation, OperationOrigin Origin, IReadOnlySet<CommitId> Past)
{
    /// <summary>Its commit is atomic.</summary>
    public bool Atomic { get; init; }
}
