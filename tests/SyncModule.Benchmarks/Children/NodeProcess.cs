using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using SyncModule.Benchmarks.Machine;

namespace SyncModule.Benchmarks.Children;

/// <summary>The parent's end of a child process that holds one open vault at a time; see <see cref="NodeChild"/> for what it can do.</summary>
internal sealed class NodeProcess : IDisposable
{
    private readonly Process _process;

    public NodeProcess()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        // Started as "dotnet program.dll", the program's file is an argument of its own.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        start.ArgumentList.Add(NodeChild.Argument);
        _process = Process.Start(start)!;
    }

    public int Id => _process.Id;

    public ChildAnswer Ask(ChildRequest request)
    {
        Tell(request);
        return Answer();
    }

    /// <summary>Asks without waiting; <see cref="Answer"/> gets what comes back.</summary>
    public void Tell(ChildRequest request)
    {
        _process.StandardInput.WriteLine(JsonSerializer.Serialize(request, ChildJson.Default.ChildRequest));
        _process.StandardInput.Flush();
    }

    public ChildAnswer Answer()
    {
        string line = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("A child process of the benchmark ended.");
        var answer = JsonSerializer.Deserialize(line, ChildJson.Default.ChildAnswer)!;
        return answer.Error is null ? answer : throw new InvalidOperationException("A child process of the benchmark failed: " + answer.Error);
    }

    public void Open(VaultFolder vault) => Ask(new("open") { Folder = vault.Folder, Key = vault.KeyFile });

    public void Close() => Ask(new("close"));

    /// <summary>Serves on loopback; gives the address.</summary>
    public string Serve() => "127.0.0.1:" + Ask(new("serve")).Port.ToString(CultureInfo.InvariantCulture);

    /// <summary>Follows; returns when the session is open and level.</summary>
    public void Follow(string address) => Ask(new("follow") { Address = address });

    /// <summary>Ends serving and following.</summary>
    public void Stop() => Ask(new("stop"));

    /// <summary>Seconds of processor time that the process has used so far.</summary>
    public double Processor => Ask(new("processor")).Processor;

    public MemorySampler SampleMemoryWith(NodeProcess other) => new(Id, other.Id);

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(10))) _process.Kill();
        _process.Dispose();
    }
}
