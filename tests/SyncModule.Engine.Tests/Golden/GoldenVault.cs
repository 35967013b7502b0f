using System.Text;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Tests.Vaults;
using SyncModule.Engine.Vaults;
using SyncModule.Tests.Shared;

namespace SyncModule.Engine.Tests.Golden;

/// <summary>The files of one folder tests/fixtures/golden-N. They are never written again: a vault that some version made must open for ever.</summary>
internal sealed class GoldenVault(int number)
{
    /// <summary>The one that today's code writes; those before it were written by earlier code.</summary>
    public const int Newest = 4;

    public string Folder { get; } = Path.Combine(Repository.Root, "tests", "fixtures", $"golden-{number}");

    public string Expected => File.ReadAllText(Path.Combine(Folder, "expected.txt"));

    /// <summary>Everything that is kept, by path below the folder.</summary>
    public static SortedDictionary<string, byte[]> Make(GoldenStory story)
    {
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal)
        {
            ["expected.txt"] = Encoding.UTF8.GetBytes(VaultListing.Of(story.Desk.Vault)),
            ["passphrase.txt"] = Encoding.UTF8.GetBytes(GoldenStory.Passphrase + "\n"),
            ["vault.key"] = story.Desk.Key.Format(),
        };
        var kept = story.Desk.Files("", VaultPaths.LogFolder, VaultPaths.PackFolder);
        string last = kept.Keys.Last(k => k.EndsWith(".log", StringComparison.Ordinal));
        foreach (var (path, bytes) in kept)
        {
            if (path == VaultPaths.VaultFile || path.EndsWith(".pack", StringComparison.Ordinal)) files["vault/" + path] = bytes;
            // Without the room that was written ahead.
            if (path.EndsWith(".log", StringComparison.Ordinal)) files["vault/" + path] = path == last ? bytes[..(int)story.Desk.Vault.HasNews().Offset] : bytes;
        }

        return files;
    }

    public SortedDictionary<string, byte[]> Kept() => new(Directory.GetFiles(Folder, "*", SearchOption.AllDirectories)
        .ToDictionary(f => Path.GetRelativePath(Folder, f).Replace(Path.DirectorySeparatorChar, '/'), File.ReadAllBytes), StringComparer.Ordinal);

    /// <summary>A copy that may be opened and written to; the local files that a folder needs besides are made.</summary>
    public string Copy()
    {
        string folder = TestVault.NewFolder();
        foreach (var (path, bytes) in Kept().Where(f => f.Key.StartsWith("vault/", StringComparison.Ordinal)))
        {
            string target = Path.Combine(folder, path["vault/".Length..]);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.WriteAllBytes(target, bytes);
        }

        File.WriteAllBytes(Path.Combine(folder, VaultPaths.Instance), []);
        new FolderStores(folder, null).OpenLocal(create: true).Dispose();
        return folder;
    }

    public KeyFile Key() => KeyFile.Parse(File.ReadAllBytes(Path.Combine(Folder, "vault.key")));

    public string Passphrase() => File.ReadAllText(Path.Combine(Folder, "passphrase.txt")).TrimEnd('\n');
}
