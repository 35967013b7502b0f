using SyncModule.Daemon.Tests.Acceptance;
using SyncModule.Daemon.Tests.Processes;
using SyncModule.Engine.Vaults;
using SyncModule.Tests.Shared;

namespace SyncModule.Daemon.Tests.Interop;

/// <summary>
/// Another program, in another language, comes to the same items, records, files and digest as mirord: the golden vault, and one that was
/// made now.
/// </summary>
public sealed class InteropTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("mirord-interop-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [PythonFact]
    public void The_examples_of_the_pages_hold_in_another_language() =>
        Assert.Matches(@"^[2-9]\d\d cases of \d+ files hold\n$", PythonReader.Run("check_vectors.py", Path.Combine(Repository.Root, "docs", "specs", "vectors")));

    [PythonTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void The_golden_vaults_read_alike_by_key_file_and_by_passphrase(int number)
    {
        string golden = Golden(number);
        string expected = File.ReadAllText(Path.Combine(golden, "expected.txt")), vault = Path.Combine(golden, "vault");
        Assert.Equal(expected, PythonReader.Run("read_vault.py", vault, "--key-file", Path.Combine(golden, "vault.key")));
        Assert.Equal(expected, PythonReader.Run("read_vault.py", vault, "--passphrase-file", Path.Combine(golden, "passphrase.txt")));
    }

    [PythonTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Mirord_and_the_reader_export_the_golden_vaults_alike(int number)
    {
        string golden = Golden(number), vault = CopyOf(golden);
        var environment = new Dictionary<string, string> { ["SYNCMODULE_HOME"] = In("home") };
        string passphrase = Path.Combine(golden, "passphrase.txt");
        var digest = Mirord.Run(environment, [], "digest", vault, "--passphrase-file", passphrase, "--json").Ok().Summary;
        string listing = PythonReader.Run("read_vault.py", vault, "--passphrase-file", passphrase, "--export", In("theirs"));
        Assert.Contains($"\ndigest {digest.GetProperty("digest").GetString()}\n", listing, StringComparison.Ordinal);
        var export = Mirord.Run(environment, [], "export", vault, In("ours"), "--passphrase-file", passphrase);
        // Some of its items were written without a content id: they are no files, for either program.
        Assert.Equal(1, export.ExitCode);
        Assert.All(export.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Contains("FormatUnknown", line, StringComparison.Ordinal));
        AssertSameFiles(In("ours"), In("theirs"));
    }

    [PythonFact]
    public void A_vault_of_two_devices_that_was_made_now_reads_alike()
    {
        using var group = new MachineGroup();
        var laptop = group.Joined("laptop");
        string folder = group.NewFolder("files");
        Folders.WriteRandom(Path.Combine(folder, "large.bin"), 3 << 20, new Random(5));
        File.WriteAllText(Path.Combine(folder, "text.txt"), string.Concat(Enumerable.Repeat("the same again\n", 3_000)));
        group.Desk.Run("import", folder, "--json").Ok();
        group.Desk.Put("both", "of the desk");
        laptop.Put("both", "of the laptop");
        using (var serving = group.Desk.Serve()) laptop.Run("sync", serving.Address!, "--json");
        group.Desk.Run("rm", "text.txt").Ok();
        foreach (var machine in new[] { group.Desk, laptop })
        {
            var digest = machine.Json("digest");
            string listing = PythonReader.Run("read_vault.py", machine.Vault, "--key-file", machine.KeyFile, "--export", In(machine.Name));
            Assert.Contains($"\nstate {digest.GetProperty("state").GetString()}\ndigest {digest.GetProperty("digest").GetString()}\nops {digest.GetProperty("ops").GetInt64()} full yes\n", listing, StringComparison.Ordinal);
            machine.Run("export", In(machine.Name + "-ours")).Ok();
            AssertSameFiles(In(machine.Name + "-ours"), In(machine.Name));
        }
    }

    private static string Golden(int number) => Path.Combine(Repository.Root, "tests", "fixtures", $"golden-{number}");

    private string In(string name) => Path.Combine(_root, name);

    // Copied without what is local; a folder that is opened for writing needs its local.db.
    private string CopyOf(string golden)
    {
        string from = Path.Combine(golden, "vault"), to = In("vault");
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        File.WriteAllBytes(Path.Combine(to, VaultPaths.Instance), []);
        new FolderStores(to, null).OpenLocal(create: true).Dispose();
        return to;
    }

    private static void AssertSameFiles(string expected, string actual)
    {
        Folders.AssertEqual(expected, actual);
        foreach (string path in Directory.EnumerateFileSystemEntries(expected, "*", SearchOption.AllDirectories))
        {
            var ours = new FileInfo(path);
            var theirs = new FileInfo(Path.Combine(actual, Path.GetRelativePath(expected, path)));
            Assert.Equal((ours.Name, ours.LinkTarget), (theirs.Name, theirs.LinkTarget));
            if (ours.LinkTarget is null && !OperatingSystem.IsWindows()) Assert.Equal((ours.Name, ours.UnixFileMode), (theirs.Name, theirs.UnixFileMode));
        }
    }
}
