using System.Globalization;
using System.Management.Automation;
using SyncModule.Commands.Syncing;
using SyncModule.Engine.Files;

namespace SyncModule.Commands.Files;

/// <summary>Progress of files as one bar, at most five times a second. Called from the engine's threads.</summary>
internal sealed class FileProgressBar(string activity, int id)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private readonly long _started = TimeProvider.System.GetTimestamp();
    private long? _written;

    public ProgressRecord Completed => new(id, activity, "done") { RecordType = ProgressRecordType.Completed };

    /// <summary>A record to write now, or null when one was written a moment ago.</summary>
    public ProgressRecord? Report(FileProgress progress)
    {
        lock (_gate)
        {
            if (_written is { } last && TimeProvider.System.GetElapsedTime(last) < Interval) return null;
            _written = TimeProvider.System.GetTimestamp();
        }

        double seconds = TimeProvider.System.GetElapsedTime(_started).TotalSeconds, rate = seconds > 0.5 ? progress.BytesDone / seconds : 0;
        string status = string.Create(CultureInfo.CurrentCulture, $"{progress.FilesDone:N0} of {progress.FilesTotal:N0} files, {Sizes.Of(progress.BytesDone)}{(rate > 0 ? $", {Sizes.Of((long)rate)}/s" : "")}");
        var record = new ProgressRecord(id, activity, status);
        // Many small files and one large one both have to move the bar.
        double share = ((Share(progress.FilesDone, progress.FilesTotal) + Share(progress.BytesDone, progress.BytesTotal)) / 2) is var s && progress.BytesTotal > 0 ? s : Share(progress.FilesDone, progress.FilesTotal);
        record.PercentComplete = (int)Math.Clamp(100 * share, 0, 100);
        if (share > 0.01 && seconds > 1) record.SecondsRemaining = (int)Math.Min(int.MaxValue, seconds * (1 - share) / share);
        return record;
    }

    private static double Share(long done, long total) => total <= 0 ? 0 : (double)done / total;
}
