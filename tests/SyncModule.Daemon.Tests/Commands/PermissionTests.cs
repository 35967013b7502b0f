using SyncModule.Daemon.Tests.Processes;
using SyncModule.Tests.Shared;

namespace SyncModule.Daemon.Tests.Commands;

/// <summary>Nobody else on the machine can read anything that a command leaves behind, whatever the umask is.</summary>
public class PermissionTests
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [UnixTheory]
    [InlineData("0000")]
    [InlineData("0022")]
    public void Everything_is_the_owners_alone(string umask)
    {
        using var play = new Playground(withVault: false);
        if (OperatingSystem.IsWindows()) return;
        Directory.CreateDirectory(play.PathOf("out"));
        Shell(play, umask, "init \"$VAULT\" --device d --key-file \"$KEY\"");
        Shell(play, umask, "put \"$VAULT\" k --file \"$PROGRAM\" --key-file \"$KEY\"");
        Shell(play, umask, "get \"$VAULT\" k --out \"$ROOT/out/k\" --key-file \"$KEY\"");
        Assert.Equal(Owner, File.GetUnixFileMode(play.PathOf("out/k")));
        Assert.Equal(Owner, File.GetUnixFileMode(play.KeyFile));
        int seen = 0;
        foreach (string root in new[] { play.Vault, play.PathOf("home") })
        {
            foreach (string path in Directory.EnumerateFileSystemEntries(root, "*", SearchOption.AllDirectories).Append(root))
            {
                Assert.Equal((path, Directory.Exists(path) ? Owner | UnixFileMode.UserExecute : Owner), (path, File.GetUnixFileMode(path)));
                seen++;
            }
        }

        Assert.True(seen > 8);
    }

    private static void Shell(Playground play, string umask, string command)
    {
        var start = new System.Diagnostics.ProcessStartInfo("/bin/sh") { RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["VAULT"] = play.Vault;
        start.Environment["KEY"] = play.KeyFile;
        start.Environment["ROOT"] = play.Root;
        start.Environment["PROGRAM"] = Mirord.Program;
        start.Environment["SYNCMODULE_HOME"] = play.PathOf("home");
        foreach (string argument in new[] { "-c", $"umask {umask}; exec dotnet \"$PROGRAM\" {command}" }) start.ArgumentList.Add(argument);
        using var process = System.Diagnostics.Process.Start(start)!;
        process.StandardInput.Close();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(("", 0), (error, process.ExitCode));
    }
}
