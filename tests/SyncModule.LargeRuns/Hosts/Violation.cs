namespace SyncModule.LargeRuns.Hosts;

/// <summary>Something that must never happen has happened.</summary>
internal sealed class Violation(string message, Exception? inner = null) : Exception(message, inner);
