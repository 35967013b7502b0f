using System.Collections;

namespace SyncModule.LargeRuns.Devices;

/// <summary>The past of a commit among some thousands that have numbers: a bit each, where a set of ids would take a hundred times as much.</summary>
/// <param name="numbers">Of all commits; shared.</param>
internal sealed class BitPast(Dictionary<CommitId, int> numbers) : IReadOnlySet<CommitId>
{
    private readonly BitArray _bits = new(numbers.Count);

    public int Count => _bits.Cast<bool>().Count(b => b);

    public void Add(CommitId id) => _bits[numbers[id]] = true;

    public void UnionWith(BitPast other) => _bits.Or(other._bits);

    public bool Contains(CommitId item) => numbers.TryGetValue(item, out int number) && _bits[number];

    public IEnumerator<CommitId> GetEnumerator() => numbers.Where(n => _bits[n.Value]).Select(n => n.Key).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    // The naive model asks for members and nothing else.
    public bool IsProperSubsetOf(IEnumerable<CommitId> other) => throw new NotSupportedException();

    public bool IsProperSupersetOf(IEnumerable<CommitId> other) => throw new NotSupportedException();

    public bool IsSubsetOf(IEnumerable<CommitId> other) => throw new NotSupportedException();

    public bool IsSupersetOf(IEnumerable<CommitId> other) => throw new NotSupportedException();

    public bool Overlaps(IEnumerable<CommitId> other) => throw new NotSupportedException();

    public bool SetEquals(IEnumerable<CommitId> other) => throw new NotSupportedException();
}
