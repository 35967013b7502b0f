using System.Diagnostics;
using System.Text.Json;

namespace SyncModule.Daemon.Demo;

/// <summary>This program once more, as a real process with the public command line. Killed when it is disposed, whatever it does.</summary>
internal sealed class MirordProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _error;
    private readonly Task<string> _output;
    private readonly string _line;

    private MirordProcess(Process process, string line)
    {
        _process = process;
        _line = line;
        _output = process.StandardOutput.ReadToEndAsync();
        _error = process.StandardError.ReadToEndAsync();
    }

    public bool HasExited => _process.HasExited;

    /// <param name="stateFolder">Its SYNCMODULE_HOME; nothing of the person's own state is touched.</param>
    /// <param name="arguments">The command line.</param>
    public static MirordProcess Start(string stateFolder, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        string self = Environment.ProcessPath ?? "dotnet";
        start.FileName = self;
        // Under `dotnet mirord.dll` the process is the host; published, it is this program.
        if (Path.GetFileNameWithoutExtension(self).Equals("dotnet", StringComparison.OrdinalIgnoreCase)) start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "mirord.dll"));
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        foreach (string name in start.Environment.Keys.Where(n => n.StartsWith("SYNCMODULE_", StringComparison.Ordinal)).ToList()) start.Environment.Remove(name);
        start.Environment["SYNCMODULE_HOME"] = stateFolder;
        var process = Process.Start(start) ?? throw new DemoFailure("No process could be started");
        process.StandardInput.Close();
        return new MirordProcess(process, "mirord " + string.Join(' ', start.ArgumentList.SkipWhile(a => a.EndsWith("mirord.dll", StringComparison.Ordinal)).Take(2)));
    }

    /// <summary>SIGKILL: nothing gets a chance to tidy up.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Waits for it; the last JSON line that it wrote. Any other exit code than 0 is a failure.</summary>
    public async Task<IReadOnlyList<JsonElement>> EndAsync(CancellationToken cancellation)
    {
        await _process.WaitForExitAsync(cancellation).ConfigureAwait(false);
        string output = await _output.ConfigureAwait(false), error = (await _error.ConfigureAwait(false)).Trim();
        if (_process.ExitCode != 0) throw new DemoFailure($"{_line} ended with {_process.ExitCode}: {(error.Length > 0 ? error : "no message")}");
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];
    }

    public void Dispose()
    {
        try
        {
            if (!_process.HasExited) _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }
        catch (InvalidOperationException)
        {
            // It ended in between.
        }

        _process.Dispose();
    }

    private static JsonElement Parse(string line)
    {
        using var document = JsonDocument.Parse(line);
        return document.RootElement.Clone();
    }
}
