namespace SyncModule.Engine.Storage;

/// <summary>One call that reaches a <see cref="MemoryDisk"/>, shown to its fault hook before it happens.</summary>
/// <param name="Operation">open, read, write, beginsync, sync, preallocate, truncate, stat, list, mkdir, rename, delete, syncfolder, lock.</param>
/// <param name="Path">The file or folder; of a rename the old name.</param>
/// <param name="Number">Runs over all calls of all processes, from 1: a sweep fails call 1, then call 2, and so on.</param>
/// <param name="Process">Which view called, from 1.</param>
public readonly record struct DiskCall(string Operation, string Path, long Number, int Process);

/// <summary>What a fault hook makes of a call.</summary>
/// <param name="Failure">The error to throw; null for a crash.</param>
/// <param name="BytesDone">Of a write: how many bytes still get through before it fails.</param>
public sealed record DiskFault(DiskFailure? Failure, int BytesDone = 0)
{
    /// <summary>Of a write: runs when <see cref="BytesDone"/> bytes are through; then the rest follows and nothing fails. What other processes may see of a write.</summary>
    public Action? Meanwhile { get; init; }

    /// <summary>No room.</summary>
    public static DiskFault Full { get; } = new(DiskFailure.Full);

    /// <summary>An I/O error. Of a sync: the unsynced data stays visible and never reaches the disk, as Linux does it.</summary>
    public static DiskFault Failed { get; } = new(DiskFailure.Failed);

    /// <summary>The calling process dies here, as by kill -9; its locks are released.</summary>
    public static DiskFault Crash { get; } = new((DiskFailure?)null);

    /// <summary>A write of which <paramref name="bytes"/> bytes get through before the calling process dies.</summary>
    public static DiskFault CrashInWrite(int bytes) => new(null, bytes);

    /// <summary>A write that is seen half done.</summary>
    public static DiskFault PauseInWrite(int bytes, Action meanwhile) => new(null, bytes) { Meanwhile = meanwhile };

    /// <summary>A write that gets <paramref name="bytes"/> bytes through and then fails.</summary>
    public static DiskFault ShortWrite(int bytes, DiskFailure failure = DiskFailure.Full) => new(failure, bytes);
}

/// <summary>
/// The simulated process is dead. Not an IOException: no code under test may catch it and go on, as none can survive kill -9.
/// </summary>
public sealed class SimulatedCrashException(string message) : Exception(message);
