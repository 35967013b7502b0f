using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using SyncModule.Tests.Shared;

namespace SyncModule.Engine.Tests.Specifications;

/// <summary>One page of docs/specs: its version, its change list and its text.</summary>
internal sealed partial class SpecificationPage
{
    private SpecificationPage(string name)
    {
        Name = name;
        Text = File.ReadAllText(Path.Combine(Folder, name + ".md"));
        Version = Header().Match(Text) is { Success: true } header ? header.Groups[1].Value : throw new InvalidDataException($"{name}.md has no version under its title.");
        Changes = [.. Row().Matches(Text).Select(m => (m.Groups[1].Value, m.Groups[2].Value))];
    }

    public static string Folder { get; } = Path.Combine(Repository.Root, "docs", "specs");

    public static string VectorFolder { get; } = Path.Combine(Folder, "vectors");

    public string Name { get; }

    public string Text { get; }

    /// <summary>As the line under the title says.</summary>
    public string Version { get; }

    /// <summary>Version and hash over the examples, oldest first.</summary>
    public IReadOnlyList<(string Version, string Hash)> Changes { get; }

    public static SpecificationPage Read(string name) => new(name);

    /// <summary>SHA-256 over name, line feed and bytes of each file, in the order of their names.</summary>
    public static string HashOf(IEnumerable<(string Name, byte[] Bytes)> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, bytes) in files.OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(name + "\n"));
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    [GeneratedRegex(@"\A# [^\n]+\n\nVersion (\d+\.\d+) ·", RegexOptions.None, 1000)]
    private static partial Regex Header();

    [GeneratedRegex(@"^\| (\d+\.\d+) \| (\S+) \| \S", RegexOptions.Multiline, 1000)]
    private static partial Regex Row();
}
