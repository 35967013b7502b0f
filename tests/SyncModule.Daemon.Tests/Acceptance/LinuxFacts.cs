using System.Diagnostics;

namespace SyncModule.Daemon.Tests.Acceptance;

/// <summary>A theory that lets system calls fail by strace; skipped, with the reason, where that cannot be done.</summary>
public sealed class StraceTheoryAttribute : TheoryAttribute
{
    internal static readonly Lazy<string?> Reason = new(() => Shell.Try("strace", "-f", "-o", "/dev/null", "-e", "trace=fsync", "-e", "inject=fsync:error=EIO", "true") is { } problem ? "strace cannot be used here: " + problem : null);

    public StraceTheoryAttribute() => Skip = Reason.Value;
}

/// <summary>The same for a test without data.</summary>
public sealed class StraceFactAttribute : FactAttribute
{
    public StraceFactAttribute() => Skip = StraceTheoryAttribute.Reason.Value;
}

/// <summary>The same for processes that already run; skipped, with the reason, where strace may not attach to one.</summary>
public sealed class AttachTheoryAttribute : TheoryAttribute
{
    // strace ends with what it is attached to.
    private static readonly Lazy<string?> Reason = new(() => Shell.Try("sh", "-c", "sleep 1 & exec strace -qq -o /dev/null -e inject=fsync:error=EIO -p $!") is { } problem ? "strace cannot attach here: " + problem : null);

    public AttachTheoryAttribute() => Skip = Reason.Value;
}

/// <summary>A test that uses the tools of Linux.</summary>
public sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute()
    {
        if (!OperatingSystem.IsLinux()) Skip = "It uses tools of Linux.";
    }
}

/// <summary>The same for a test with data.</summary>
public sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute()
    {
        if (!OperatingSystem.IsLinux()) Skip = "It uses tools of Linux.";
    }
}

/// <summary>A test that mounts a file system of its own; skipped, with the reason, where this user may not.</summary>
public sealed class MountFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Reason = new(TryMount);

    public MountFactAttribute() => Skip = Reason.Value;

    private static string? TryMount()
    {
        if (!OperatingSystem.IsLinux()) return "Only Linux has tmpfs.";
        var folder = Directory.CreateTempSubdirectory("mirord-mount-");
        try
        {
            if (Shell.Try("mount", "-t", "tmpfs", "-o", "size=1m", "none", folder.FullName) is { } problem) return "mounting is not permitted here: " + problem;
            Shell.Run("umount", folder.FullName);
            return null;
        }
        finally
        {
            folder.Delete();
        }
    }
}

/// <summary>Runs small system programs.</summary>
internal static class Shell
{
    public static void Run(string program, params string[] arguments) => Assert.Null(Try(program, arguments));

    /// <summary>Null when it ended well, else why not.</summary>
    public static string? Try(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : $"{program} ended with {process.ExitCode}: {error.Trim()}";
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return e.Message;
        }
    }
}
