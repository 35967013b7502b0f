using System.Diagnostics.CodeAnalysis;

namespace SyncModule;

/// <summary>
/// Lists of what cmdlets return are arrays: PowerShell indexes an object by the indexer of its public type, and the lists that the
/// compiler makes of <c>[…]</c> have none, so that <c>$x.Peers[0]</c> would give nothing.
/// </summary>
internal static class Listed
{
    [return: NotNullIfNotNull(nameof(list))]
    public static T[]? AsArray<T>(IReadOnlyList<T>? list) => list is null ? null : list as T[] ?? [.. list];
}
