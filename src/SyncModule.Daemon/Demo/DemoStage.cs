using System.Diagnostics;
using System.Text.Json;
using SyncModule.Daemon.Output;

namespace SyncModule.Daemon.Demo;

/// <summary>
/// A temporary folder with two machines in it: their vaults, key files and processes. Everything is gone when it is disposed, also after
/// a failure or Ctrl+C.
/// </summary>
internal sealed class DemoStage : IAsyncDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);
    private readonly List<MirordProcess> _running = [];
    private readonly List<DemoStep> _steps = [];
    private readonly ResultWriter _output;

    public DemoStage(ResultWriter output, string source, CancellationToken cancellation)
    {
        _output = output;
        Source = source;
        Cancellation = cancellation;
        // 0700 by the system call.
        Root = Directory.CreateTempSubdirectory("mirord-demo-").FullName;
        Desk = new DemoMachine("desk", PathOf("desk"), PathOf("desk.key"));
        Laptop = new DemoMachine("laptop", PathOf("laptop"), PathOf("laptop.key"));
    }

    /// <summary>The folder that is shown.</summary>
    public string Source { get; }

    public string Root { get; }

    public DemoMachine Desk { get; }

    public DemoMachine Laptop { get; }

    /// <summary>Where the desk serves, once it does.</summary>
    public string Address { get; set; } = "";

    public CancellationToken Cancellation { get; }

    public IReadOnlyList<DemoStep> Steps => _steps;

    public ResultWriter Output => _output;

    public string PathOf(string name) => Path.Combine(Root, name);

    /// <summary>Runs a step, measures it and writes its line.</summary>
    public async Task StepAsync(string name, Func<Task<DemoResult>> action)
    {
        Cancellation.ThrowIfCancellationRequested();
        _output.Text($"{name} ...");
        long start = Stopwatch.GetTimestamp();
        var result = await action().ConfigureAwait(false);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        _steps.Add(new(name, seconds, result.Bytes, result.Bytes / Math.Max(result.WorkSeconds ?? seconds, 0.001), result.Result));
    }

    public MirordProcess Start(DemoMachine machine, string command, params string[] arguments)
    {
        var process = MirordProcess.Start(PathOf(machine.Name + ".state"), [command, machine.Vault, .. arguments, "--key-file", machine.KeyFile, "--json"]);
        _running.Add(process);
        return process;
    }

    /// <summary>Runs to the end and gives every JSON line.</summary>
    public async Task<IReadOnlyList<JsonElement>> LinesAsync(DemoMachine machine, string command, params string[] arguments)
    {
        using var process = Start(machine, command, arguments);
        var lines = await process.EndAsync(Cancellation).ConfigureAwait(false);
        _running.Remove(process);
        return lines;
    }

    /// <summary>Runs to the end and gives the summary.</summary>
    public async Task<JsonElement> RunAsync(DemoMachine machine, string command, params string[] arguments)
    {
        var lines = await LinesAsync(machine, command, arguments).ConfigureAwait(false);
        return lines.Count > 0 ? lines[^1] : default;
    }

    /// <summary>Waits for a file that another process writes when it is ready.</summary>
    public async Task<string> FileOfAsync(MirordProcess writer, string path)
    {
        while (!File.Exists(path))
        {
            if (writer.HasExited)
            {
                await writer.EndAsync(Cancellation).ConfigureAwait(false);
                throw new DemoFailure("A process ended before it was ready");
            }

            await Task.Delay(Poll, Cancellation).ConfigureAwait(false);
        }

        return (await File.ReadAllTextAsync(path, Cancellation).ConfigureAwait(false)).Trim();
    }

    /// <summary>The digest that both have, or a failure.</summary>
    public async Task<string> SameDigestAsync()
    {
        var desk = await RunAsync(Desk, "digest").ConfigureAwait(false);
        var laptop = await RunAsync(Laptop, "digest").ConfigureAwait(false);
        string digest = desk.GetProperty("digest").GetString()!;
        if (digest != laptop.GetProperty("digest").GetString()) throw new DemoFailure($"The digests differ: {digest} and {laptop.GetProperty("digest").GetString()}");
        if (!desk.GetProperty("full").GetBoolean() || !laptop.GetProperty("full").GetBoolean()) throw new DemoFailure("The digests are equal, but bytes are missing");
        return digest;
    }

    public ValueTask DisposeAsync()
    {
        foreach (var process in _running) process.Dispose();
        Directory.Delete(Root, recursive: true);
        return ValueTask.CompletedTask;
    }
}

/// <summary>One of the two machines.</summary>
internal sealed record DemoMachine(string Name, string Vault, string KeyFile);
