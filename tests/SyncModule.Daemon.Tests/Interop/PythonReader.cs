using System.Diagnostics;
using SyncModule.Daemon.Tests.Processes;
using SyncModule.Tests.Shared;

namespace SyncModule.Daemon.Tests.Interop;

/// <summary>Runs the reader of tests/interop, which knows the format from docs/specs alone.</summary>
internal static class PythonReader
{
    // Debian's own, for which the modules are packaged; another python on the path would not have them.
    private const string Python = "/usr/bin/python3";

    private static readonly Lazy<string?> Reason = new(FindReason);

    public static string? Missing => Reason.Value;

    public static string Folder { get; } = Path.Combine(Repository.Root, "tests", "interop");

    /// <summary>What it printed; a failure of its own fails the test.</summary>
    public static string Run(string script, params string[] arguments)
    {
        var result = Start(["-B", Path.Combine(Folder, script), .. arguments]);
        Assert.Equal(("", 0), (result.Error, result.ExitCode));
        return result.Output;
    }

    private static string? FindReason()
    {
        if (!File.Exists(Python)) return $"There is no {Python}: the reader in another language did not run.";
        var result = Start(["-c", "import nacl.bindings, cryptography.hazmat.primitives.ciphers.aead"]);
        return result.ExitCode == 0 ? null : "The reader in another language did not run: apt-get install -y python3-nacl python3-cryptography.";
    }

    private static (string Output, string Error, int ExitCode) Start(string[] arguments)
    {
        var start = new ProcessStartInfo(Python) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(Mirord.Patience), "the reader did not end");
        return (output, error.GetAwaiter().GetResult(), process.ExitCode);
    }
}

/// <summary>A fact that needs Debian's Python with its two cryptographic modules.</summary>
public sealed class PythonFactAttribute : FactAttribute
{
    public PythonFactAttribute() => Skip = PythonReader.Missing;
}

/// <inheritdoc cref="PythonFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PythonTheoryAttribute : TheoryAttribute
{
    public PythonTheoryAttribute() => Skip = PythonReader.Missing;
}
