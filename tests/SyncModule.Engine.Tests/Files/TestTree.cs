using System.Diagnostics;
using System.Runtime.InteropServices;
using SyncModule.Engine.Files;
using SyncModule.Engine.Tests.Vaults;

namespace SyncModule.Engine.Tests.Files;

/// <summary>A temporary folder with helpers to fill and compare it.</summary>
internal sealed class TestTree : IDisposable
{
    public TestTree()
    {
        Outer = TestVault.NewFolder();
        Root = Path.Combine(Outer, "tree");
        Directory.CreateDirectory(Root);
    }

    /// <summary>The parent of <see cref="Root"/>: nothing but the tree may ever stand there.</summary>
    public string Outer { get; }

    public string Root { get; }

    public string At(string path) => Path.Combine(Root, path);

    public byte[] Write(string path, int size, int seed = 1)
    {
        var bytes = new byte[size];
        new Random(seed + size).NextBytes(bytes);
        Directory.CreateDirectory(Path.GetDirectoryName(At(path))!);
        File.WriteAllBytes(At(path), bytes);
        return bytes;
    }

    public void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(path))!);
        File.WriteAllText(At(path), text);
    }

    public string Read(string path) => File.ReadAllText(At(path));

    /// <summary>Every entry with kind, bytes or target, mode and time, by path; folders only where they are empty.</summary>
    public SortedDictionary<string, string> Describe()
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        using var root = FolderHandle.Open(Root);
        Describe(root, "", found);
        return found;
    }

    /// <summary>Names in the folder around the tree.</summary>
    public IReadOnlyList<string> Outside() => [.. Directory.EnumerateFileSystemEntries(Outer).Select(p => Path.GetFileName(p)!).Order(StringComparer.Ordinal)];

    public static void Shell(string command, params string[] arguments)
    {
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardError = true };
        foreach (string argument in (string[])["-c", command, "sh", .. arguments]) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, command + ": " + errors);
    }

    public void Dispose()
    {
        if (RuntimeInformation.IsOSPlatform(OSPlatform.Windows)) Directory.Delete(Outer, recursive: true);
        else Shell("chmod -R u+rwX \"$1\" && rm -rf \"$1\"", Outer);
    }

    private static void Describe(FolderHandle folder, string path, SortedDictionary<string, string> found)
    {
        var entries = folder.List();
        foreach (var entry in entries)
        {
            string name = entry.Name!, full = path.Length == 0 ? name : path + "/" + name;
            var facts = folder.TryStat(name)!.Value;
            switch (facts.Kind)
            {
                case EntryKind.Folder:
                    using (var below = folder.OpenFolder(name))
                    {
                        if (below.List().Count == 0) found[full] = $"dir {facts.Mode:x} {facts.Modified}";
                        else Describe(below, full, found);
                    }

                    break;
                case EntryKind.Link:
                    found[full] = $"link {folder.ReadLink(name)} {facts.Modified}";
                    break;
                default:
                    using (var reader = folder.OpenFile(name))
                    {
                        var bytes = new byte[facts.Size];
                        for (int at = 0; at < bytes.Length;) at += reader.Read(bytes.AsSpan(at));
                        found[full] = $"file {facts.Mode:x} {facts.Modified} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes))}";
                    }

                    break;
            }
        }
    }
}
