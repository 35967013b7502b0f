using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using SyncModule.Tests.Shared;

namespace SyncModule.Daemon.Tests;

/// <summary>Dependencies point one way, Daemon and Commands → Engine → Core → SyncModule; read from the built files.</summary>
public class ArchitectureTests
{
    // Each assembly with all that it may name; whoever adds an assembly must give it its place here.
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["SyncModule"] = [],
        ["SyncModule.Core"] = ["SyncModule"],
        ["SyncModule.Engine"] = ["SyncModule", "SyncModule.Core"],
        ["SyncModule.Commands"] = ["SyncModule", "SyncModule.Core", "SyncModule.Engine"],
        ["mirord"] = ["SyncModule", "SyncModule.Core", "SyncModule.Engine"],
    };

    [Fact]
    public void Every_assembly_of_the_product_has_its_place() =>
        Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), Ours().Order(StringComparer.Ordinal));

    // Programs that only developers and the build run; nothing that ships may name them.
    private static readonly string[] Tools = ["SyncModule.Benchmarks", "SyncModule.HelpBuilder", "SyncModule.LargeRuns", "SyncModule.Simulation"];

    [Fact]
    public void Every_project_of_the_solution_is_product_test_or_tool()
    {
        var projects = File.ReadLines(Path.Combine(Repository.Root, "SyncModule.sln")).Where(line => line.Contains(".csproj\"", StringComparison.Ordinal))
            .Select(line => line.Split('"')[5].Replace('\\', '/')).ToList();
        var names = projects.ToLookup(p => p.StartsWith("src/", StringComparison.Ordinal), p => Path.GetFileNameWithoutExtension(p));
        var product = names[true].Except(Tools, StringComparer.Ordinal).Select(p => p == "SyncModule.Daemon" ? "mirord" : p);
        Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), product.Order(StringComparer.Ordinal));
        var others = names[false].Where(p => !p.EndsWith(".Tests", StringComparison.Ordinal)).Union(names[true].Intersect(Tools, StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.Equal(Tools, others.Order(StringComparer.Ordinal));
    }

    // Someone who opens the checkout sees all there is at a glance; what is new belongs into one of these folders.
    private static readonly string[] TopLevel =
    [
        ".ci", ".editorconfig", ".gitattributes", ".gitignore", "CHANGELOG.md", "Directory.Build.props", "Directory.Packages.props", "LICENSE", "README.md",
        "SyncModule.psd1", "SyncModule.sln", "build.ps1", "docs", "module", "src", "tests",
    ];

    [Fact]
    public void The_top_level_holds_these_and_what_git_ignores()
    {
        var ignored = File.ReadLines(Path.Combine(Repository.Root, ".gitignore")).Select(line => line.Trim('/')).Append(".git");
        var entries = Directory.EnumerateFileSystemEntries(Repository.Root).Select(entry => Path.GetFileName(entry));
        Assert.Equal(TopLevel, entries.Except(ignored, StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("SyncModule")]
    [InlineData("SyncModule.Core")]
    [InlineData("SyncModule.Engine")]
    [InlineData("SyncModule.Commands")]
    [InlineData("mirord")]
    public void No_assembly_references_one_above_it(string name)
    {
        var references = ReferencesOf(name);
        Assert.Contains("System.Runtime", references);
        Assert.Equal([], references.Where(IsOurs).Except(Allowed[name], StringComparer.Ordinal));
    }

    // The face of the program holds no rules and the rules know no face.
    [Theory]
    [InlineData("SyncModule")]
    [InlineData("SyncModule.Core")]
    [InlineData("SyncModule.Engine")]
    public void Nothing_below_the_daemon_references_a_command_line_library(string name) =>
        Assert.Equal([], ReferencesOf(name).Where(reference => reference is "System.CommandLine" or "Spectre.Console" or "System.Console"));

    private static IEnumerable<string> Ours() =>
        Directory.EnumerateFiles(AppContext.BaseDirectory, "*.dll")
            .Select(file => Path.GetFileNameWithoutExtension(file))
            .Where(name => IsOurs(name) && !name.EndsWith(".Tests", StringComparison.Ordinal) && !Tools.Contains(name, StringComparer.Ordinal));

    private static bool IsOurs(string name) =>
        name is "SyncModule" || name.StartsWith("SyncModule.", StringComparison.Ordinal) || name.StartsWith("mirord", StringComparison.Ordinal);

    private static List<string> ReferencesOf(string name)
    {
        using var stream = File.OpenRead(Path.Combine(AppContext.BaseDirectory, name + ".dll"));
        using var image = new PEReader(stream);
        var metadata = image.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
    }
}
