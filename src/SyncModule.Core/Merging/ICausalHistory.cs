namespace SyncModule.Core.Merging;

/// <summary>
/// A causally closed set of operations, as a question: what one replica has applied, or what lies in the past of one commit. A vector
/// answers it from the head's log and sequence, and from its commit id where the log is forked (format-1 §6).
/// </summary>
public interface ICausalHistory
{
    /// <summary>True when the operation that wrote the head is in the set, whether or not the head is still present there.</summary>
    bool Contains(Head head);

    /// <summary>The greatest number of a log that the set holds; 0 for none.</summary>
    ulong SequenceOf(LogId log);
}
