using System.Management.Automation;
using SyncModule.Commands.Errors;

namespace SyncModule.Commands;

/// <summary>The base of every cmdlet: failures of the engine become error records, Ctrl+C becomes <see cref="StopToken"/>.</summary>
public abstract class SyncCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Action? _process; // made once, not for each object

    /// <summary>Cancelled by Ctrl+C, Stop-Job and the end of the pipeline.</summary>
    protected CancellationToken StopToken => _stop.Token;

    /// <summary>What an error is about; set it before work on one thing begins.</summary>
    protected object? Subject { get; set; }

    /// <summary>True where one call is one piece of work: without it nothing was done, and a script must not go on as if it had been.</summary>
    private protected virtual bool EndsWithAnyError => false;

    /// <summary>Once, before the first object of the pipeline.</summary>
    protected virtual void Begin()
    {
    }

    /// <summary>For each object of the pipeline, or once.</summary>
    protected abstract void Process();

    /// <summary>Once, after the last object. Not called when the pipeline was ended from outside.</summary>
    protected virtual void End()
    {
    }

    protected sealed override void BeginProcessing() => Guard(Begin, mayGoOn: false);

    protected sealed override void ProcessRecord() => Guard(_process ??= Process, mayGoOn: true);

    protected sealed override void EndProcessing() => Guard(End, mayGoOn: false);

    // Runs on another thread than the pipeline's.
    protected override void StopProcessing() => _stop.Cancel();

    /// <summary>An error about one thing; the command goes on with the next.</summary>
    protected void Report(SyncException e, object? target) => WriteError(ErrorRecords.From(e, target));

    /// <summary>Runs one step; an error of the engine is written, and true says that it went well.</summary>
    protected bool Try(object? target, Action step)
    {
        try
        {
            step();
            return true;
        }
        catch (SyncException e) when (!ErrorRecords.EndsTheCommand(e))
        {
            Report(e, target);
            return false;
        }
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing) _stop.Dispose();
    }

    private void Guard(Action step, bool mayGoOn)
    {
        try
        {
            step();
        }
        catch (SyncException e)
        {
            var record = ErrorRecords.From(e, Subject);
            // With input from the pipeline the next object may belong to another vault.
            if (mayGoOn && (MyInvocation.ExpectingInput || !(EndsWithAnyError || ErrorRecords.EndsTheCommand(e)))) WriteError(record);
            else ThrowTerminatingError(record);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }
}
