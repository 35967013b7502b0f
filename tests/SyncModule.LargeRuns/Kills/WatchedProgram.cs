using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using SyncModule.LargeRuns.Hosts;

namespace SyncModule.LargeRuns.Kills;

/// <summary>How a run of the program ended. Told: the last whole JSON line of its standard output, which is the acknowledgement; null without any.</summary>
internal sealed record Ending(bool Killed, int ExitCode, string Error, JsonElement? Told)
{
    /// <summary>The caller was told that it is done.</summary>
    public bool Acknowledged => Told is not null || (!Killed && ExitCode == 0);
}

/// <summary>
/// The real program under strace: killed at a point or, without one, only watched. strace sends SIGKILL when the call begins, so the call
/// itself does not happen.
/// </summary>
/// <param name="mirord">Path of mirord.dll.</param>
/// <param name="machine">Whose state and key file.</param>
/// <param name="point">Null: nothing happens to it.</param>
/// <param name="only">Where there are any, strace sees and counts calls on these files alone; relative to the machine's folder.</param>
internal sealed class WatchedProgram(string mirord, RealMachine machine, KillPoint? point, IReadOnlyList<string> only)
{
    /// <summary>The calls that change files, and those after which a lock or a descriptor is gone.</summary>
    public static readonly string[] Calls = ["write", "pwrite64", "fsync", "fdatasync", "sync_file_range", "rename", "close", "ftruncate", "fallocate", "unlink"];

    private const int Killed = 128 + 9;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>The machine that it runs on.</summary>
    public RealMachine Machine { get; private set; } = machine;

    /// <summary>How it ended last; null before it has.</summary>
    public Ending? Ending { get; private set; }

    private string Trace => TraceOf(Machine);

    /// <summary>What strace wrote of the last program on a machine.</summary>
    public static string TraceOf(RealMachine machine) => Path.Combine(machine.Root, "trace");

    /// <summary>This, on another machine.</summary>
    public WatchedProgram For(RealMachine other)
    {
        Machine = other;
        return this;
    }

    /// <summary>The same program on the same machine, which nobody kills.</summary>
    public WatchedProgram Without() => new(mirord, Machine, null, []);

    /// <summary>Runs a command of the machine's vault to its end.</summary>
    /// <exception cref="Violation">It failed without having been killed, or did not end.</exception>
    public Ending Run(params string[] arguments)
    {
        using var running = Start(arguments);
        return End(running);
    }

    public RunningProgram Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("strace") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string name in start.Environment.Keys.Where(n => n.StartsWith("SYNCMODULE_", StringComparison.Ordinal) || n == "XDG_STATE_HOME").ToList()) start.Environment.Remove(name);
        start.Environment["SYNCMODULE_HOME"] = Machine.Home;
        start.Environment["SYNCMODULE_KEYFILE"] = Machine.KeyPath;
        string[] options = ["-f", "-y", "-s", "0", "-o", Trace, "-e", "trace=" + string.Join(',', Calls)];
        string[] injection = point is { } p ? ["-e", string.Create(CultureInfo.InvariantCulture, $"inject={p.Call}:signal=SIGKILL:when={p.Number}")] : [];
        foreach (string argument in (string[])[.. options, .. only.SelectMany(f => new[] { "-P", Path.Combine(Machine.Root, f) }), .. injection, "dotnet", mirord, arguments[0], Machine.Folder, .. arguments[1..], "--json"]) start.ArgumentList.Add(argument);
        return new RunningProgram(Process.Start(start)!);
    }

    public Ending End(RunningProgram running)
    {
        var (code, output, error) = running.End(Patience);
        // strace ends as its program did; a shell would say 137.
        bool killed = code == Killed;
        Ending = new Ending(killed, code, error, LastLine(output));
        if (!killed && code != 0) throw new Violation($"it was not killed and ended with {code}: {error.Trim()}");
        if (killed && point is null) throw new Violation("it was killed by somebody else");
        return Ending;
    }

    /// <summary>The call that it was killed at; null when it never came so far.</summary>
    public TracedCall? Hit() => point is { } p && Ending is { Killed: true } ? TracedCall.ReadAll(Trace).LastOrDefault(c => c.Call == p.Call && c.Number == p.Number) : null;

    private static JsonElement? LastLine(string output)
    {
        int end = output.LastIndexOf('\n');
        if (end < 0) return null;
        return JsonDocument.Parse(output[(output.LastIndexOf('\n', Math.Max(0, end - 1)) + 1)..end]).RootElement;
    }
}

/// <summary>A program under strace that has not ended yet. Disposing kills what is left of it.</summary>
internal sealed class RunningProgram : IDisposable
{
    private readonly Process _strace;
    private readonly Task<string> _output, _error;

    public RunningProgram(Process strace)
    {
        _strace = strace;
        strace.StandardInput.Close();
        (_output, _error) = (strace.StandardOutput.ReadToEndAsync(), strace.StandardError.ReadToEndAsync());
    }

    public bool HasExited => _strace.HasExited;

    /// <summary>Asks the program itself, not strace, to end.</summary>
    public void Terminate()
    {
        foreach (string child in File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{_strace.Id}/task/{_strace.Id}/children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            // It may have ended by itself meanwhile.
            using var kill = Process.Start(new ProcessStartInfo("kill", ["-TERM", child]) { RedirectStandardError = true })!;
            kill.WaitForExit();
        }
    }

    public (int Code, string Output, string Error) End(TimeSpan patience)
    {
        if (!Task.WhenAll(_output, _error).Wait(patience) || !_strace.WaitForExit(patience)) throw new Violation("it did not end");
        _strace.WaitForExit();
        return (_strace.ExitCode, _output.Result, _error.Result);
    }

    public void Dispose()
    {
        if (!_strace.HasExited) _strace.Kill(entireProcessTree: true);
        _strace.WaitForExit();
        _strace.Dispose();
    }
}
