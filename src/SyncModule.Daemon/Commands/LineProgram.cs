using System.ComponentModel;
using System.Diagnostics;

namespace SyncModule.Daemon.Commands;

/// <summary>Runs a program for its output. Without a shell: what is typed is what is run. Its errors go where those of this process go.</summary>
internal static class LineProgram
{
    /// <param name="command">The program and its arguments.</param>
    /// <param name="take">Reads its output to the end.</param>
    /// <param name="cancellation">Ends the program too.</param>
    /// <exception cref="SyncException"><see cref="SyncErrors.CommandFailed"/>: it cannot be started, or its exit code is not 0.</exception>
    public static void Run(IReadOnlyList<string> command, Action<Stream> take, CancellationToken cancellation)
    {
        using var program = new Process { StartInfo = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true, UseShellExecute = false } };
        try
        {
            program.Start();
        }
        catch (Win32Exception e)
        {
            throw SyncErrors.CommandFailed.WithStep($"'{command[0]}' cannot be started: {e.Message.TrimEnd('.')}", "Check its name and whether it may be run.", e);
        }

        try
        {
            take(program.StandardOutput.BaseStream);
            program.WaitForExitAsync(cancellation).GetAwaiter().GetResult();
        }
        catch
        {
            End(program);
            throw;
        }

        if (program.ExitCode != 0) throw SyncErrors.CommandFailed.With(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"'{command[0]}' ended with exit code {program.ExitCode}"));
    }

    private static void End(Process program)
    {
        try
        {
            program.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }
        catch (Win32Exception)
        {
            // It cannot be ended; nothing of it is read any more.
        }
    }
}
