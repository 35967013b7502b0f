using System.Diagnostics;

namespace SyncModule.Engine.Scheduling;

/// <summary>What a program of the system printed and how it ended; <see cref="NotThere"/> when there is no such program.</summary>
public readonly record struct CommandResult(int ExitCode, string Output, string Error)
{
    public const int NotThere = 127;

    /// <summary>The first line that says anything, for an error message.</summary>
    public string Reason => (Error + "\n" + Output).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).FirstOrDefault()?.TrimEnd('.') ?? $"it ended with {ExitCode}";
}

/// <summary>Runs a program of the system; a seam for tests.</summary>
public delegate CommandResult CommandRun(string program, params IReadOnlyList<string> arguments);

/// <summary>The real one: no shell, no input, at most half a minute.</summary>
public static class CommandRunner
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    public static CommandResult Run(string program, params IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, CreateNoWindow = true };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(Longest))
            {
                process.Kill(entireProcessTree: true);
                return new(-1, "", $"{program} did not end within {Longest.TotalSeconds:0} s");
            }

            return new(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return new(CommandResult.NotThere, "", $"{program} cannot be run: {e.Message}");
        }
    }
}
