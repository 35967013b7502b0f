using System.Diagnostics;

namespace SyncModule.Daemon.Tests.Processes;

/// <summary>Two machines that were paired by real processes over loopback; the desk serves until this is disposed.</summary>
public sealed class TwoMachines : IDisposable
{
    private readonly List<Process> _running = [];

    public TwoMachines()
    {
        Desk.Run("put", Desk.Vault, "first", "--value", "from the desk").Ok();
        string file = Desk.PathOf("invite");
        var inviting = Start(Desk, "invite", Desk.Vault, "--listen", "127.0.0.1:0", "--invite-file", file, "--json");
        WaitFor(inviting, file);
        Join = Laptop.Run("join", Laptop.Vault, "--invite-file", file, "--device", "laptop", "--key-file", Laptop.KeyFile, "--json").Ok();
        Laptop.Environment["SYNCMODULE_KEYFILE"] = Laptop.KeyFile;
        string output = inviting.StandardOutput.ReadToEnd();
        Assert.True(inviting.WaitForExit(Mirord.Patience));
        Invite = new MirordResult(inviting.ExitCode, System.Text.Encoding.UTF8.GetBytes(output), inviting.StandardError.ReadToEnd()).Ok();
        var serving = Start(Desk, "serve", Desk.Vault, "--listen", "127.0.0.1:0", "--port-file", Desk.PathOf("port"), "--json");
        WaitFor(serving, Desk.PathOf("port"));
        Serving = serving;
        Address = "127.0.0.1:" + File.ReadAllText(Desk.PathOf("port")).Trim();
    }

    public Playground Desk { get; } = new();

    public Playground Laptop { get; } = new(withVault: false);

    public MirordResult Invite { get; }

    public MirordResult Join { get; }

    public Process Serving { get; }

    public string Address { get; }

    public Process Start(Playground machine, params string[] arguments)
    {
        var process = Mirord.Start(machine.Environment.ToDictionary(StringComparer.Ordinal), arguments);
        process.StandardInput.Close();
        _running.Add(process);
        return process;
    }

    public static void WaitFor(Process writer, string file)
    {
        long start = Stopwatch.GetTimestamp();
        while (!File.Exists(file))
        {
            Assert.False(writer.HasExited, "it ended before it was ready");
            Assert.True(Stopwatch.GetElapsedTime(start) < Mirord.Patience, "it never became ready");
            Thread.Yield();
        }
    }

    public static void Signal(Process process, string signal)
    {
        using var kill = Process.Start("kill", ["-" + signal, process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        foreach (var process in _running)
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
            process.WaitForExit();
            process.Dispose();
        }

        Desk.Dispose();
        Laptop.Dispose();
    }
}
