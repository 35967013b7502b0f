using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace SyncModule.Daemon.Tests.Processes;

/// <summary>What one run of the program gave.</summary>
public sealed record MirordResult(int ExitCode, byte[] Output, string Error)
{
    public string Text => Encoding.UTF8.GetString(Output);

    /// <summary>Standard output as JSON lines; anything else on it fails the test.</summary>
    public IReadOnlyList<JsonElement> Lines => [.. Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    public JsonElement Summary => Lines[^1];

    /// <summary>This, when it ended well.</summary>
    public MirordResult Ok()
    {
        Assert.Equal("", Error);
        Assert.Equal(0, ExitCode);
        return this;
    }

    /// <summary>This, when it ended with one error line of that kind.</summary>
    public MirordResult Failed(string errorId, int exitCode = 1)
    {
        Assert.Matches($"^error: {errorId}: [^\\n]+\\. [^\\n]+\\.\\n$", Error.ReplaceLineEndings("\n"));
        Assert.Equal(exitCode, ExitCode);
        return this;
    }
}

/// <summary>Runs the built program as a process, as a shell would, with no variable of this machine's that could change what it does.</summary>
public static class Mirord
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "mirord.dll");

    public static Process Start(IReadOnlyDictionary<string, string> environment, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (string name in start.Environment.Keys.Where(n => n.StartsWith("SYNCMODULE_", StringComparison.Ordinal) || n == "XDG_STATE_HOME").ToList()) start.Environment.Remove(name);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        start.ArgumentList.Add(Program);
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        return Process.Start(start) ?? throw new InvalidOperationException("No process was started.");
    }

    /// <summary>Runs to the end. Standard input is a pipe that holds <paramref name="input"/> and then ends.</summary>
    public static MirordResult Run(IReadOnlyDictionary<string, string> environment, byte[] input, params string[] arguments)
    {
        using var process = Start(environment, arguments);
        try
        {
            using var output = new MemoryStream();
            var copying = process.StandardOutput.BaseStream.CopyToAsync(output);
            var error = process.StandardError.ReadToEndAsync();
            try
            {
                process.StandardInput.BaseStream.Write(input);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended before it had read everything, which the test will see.
            }

            Assert.True(Task.WhenAll(copying, error).Wait(Patience), "mirord did not end: " + string.Join(' ', arguments));
            process.WaitForExit();
            return new MirordResult(process.ExitCode, output.ToArray(), error.Result);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
