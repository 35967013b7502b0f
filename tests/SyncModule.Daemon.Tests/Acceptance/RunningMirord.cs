using System.Diagnostics;
using SyncModule.Daemon.Tests.Processes;

namespace SyncModule.Daemon.Tests.Acceptance;

/// <summary>A process of the program that still runs: it can be waited for or killed. Killed when disposed, by its own id.</summary>
public sealed class RunningMirord : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _output, _error;

    /// <param name="process">Started with all three streams redirected.</param>
    public RunningMirord(Process process)
    {
        _process = process;
        process.StandardInput.Close();
        _output = process.StandardOutput.ReadToEndAsync();
        _error = process.StandardError.ReadToEndAsync();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>HOST:PORT, where it listens.</summary>
    public string Address { get; init; } = "";

    /// <summary>SIGKILL: nothing gets a chance to tidy up. True when it was alive until then.</summary>
    public bool Kill()
    {
        bool alive = !_process.HasExited;
        if (alive) _process.Kill();
        _process.WaitForExit();
        const int KilledBySignal9 = 137;
        return alive && _process.ExitCode == KilledBySignal9;
    }

    /// <summary>Waits until it has ended by itself.</summary>
    public MirordResult End()
    {
        Assert.True(Task.WhenAll(_output, _error).Wait(Mirord.Patience), "a process did not end");
        _process.WaitForExit();
        return new MirordResult(_process.ExitCode, System.Text.Encoding.UTF8.GetBytes(_output.Result), _error.Result);
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }
}
