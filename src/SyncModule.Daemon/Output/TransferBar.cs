using System.Diagnostics;
using Spectre.Console;

namespace SyncModule.Daemon.Output;

/// <summary>
/// A bar with rate, time left and percent on standard error. Only where a person looks: without a terminal there is none, and standard
/// output is never touched.
/// </summary>
internal sealed class TransferBar : IDisposable
{
    private const double Smoothing = 0.2;
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<ProgressTask> _task = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly string _what;
    private readonly Task _drawing;
    private long _lastBytes;
    private long _lastTime = Stopwatch.GetTimestamp();
    private double _rate;

    private TransferBar(string what)
    {
        _what = what;
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error), Interactive = InteractionSupport.Yes });
        _drawing = console.Progress().AutoClear(true).HideCompleted(false)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 24 }, new PercentageColumn(), new TextColumn("ETA"), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var task = context.AddTask(Markup.Escape(what), autoStart: true, maxValue: 1);
                task.IsIndeterminate = true;
                _task.SetResult(task);
                await _done.Task.ConfigureAwait(false);
            });
    }

    /// <summary>Null where nobody would see it.</summary>
    public static TransferBar? Start(string what) => Console.IsErrorRedirected || Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb" ? null : new TransferBar(what);

    /// <param name="done">How far, in any unit.</param>
    /// <param name="total">The same unit; 0 = not known yet.</param>
    /// <param name="bytes">What went over the wire or the disk so far: for the rate.</param>
    public void Report(double done, double total, long bytes)
    {
        lock (_gate)
        {
            double seconds = Stopwatch.GetElapsedTime(_lastTime).TotalSeconds;
            if (seconds >= 0.25)
            {
                double rate = Math.Max(0, bytes - _lastBytes) / seconds;
                _rate = _rate == 0 ? rate : (Smoothing * rate) + ((1 - Smoothing) * _rate);
                (_lastBytes, _lastTime) = (bytes, Stopwatch.GetTimestamp());
            }

            if (!_task.Task.IsCompletedSuccessfully) return;
            var task = _task.Task.Result;
            task.Description = Markup.Escape($"{_what}  {Human.Bytes(bytes)}  {Human.Bytes((long)_rate)}/s");
            task.IsIndeterminate = total <= 0;
            if (total <= 0) return;
            task.MaxValue = total;
            task.Value = Math.Min(done, total);
        }
    }

    public void Dispose()
    {
        _done.TrySetResult();
        _drawing.Wait();
    }

    private sealed class TextColumn(string text) : ProgressColumn
    {
        public override Spectre.Console.Rendering.IRenderable Render(Spectre.Console.Rendering.RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Text(text);
    }
}
