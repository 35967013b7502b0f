using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using SyncModule.Tests.Shared;

namespace SyncModule.Engine.Tests;

/// <summary>
/// The planted mistakes of Core and Engine (Plants.cs), the table of them in <c>docs/reliability.md</c>, and the tests that find them are one
/// list. <c>tests/plants.sh</c> reads the table and shows that each is found.
/// </summary>
public sealed partial class PlantsTests
{
    private const string UpdateVariable = "SYNCMODULE_UPDATE_DOCS";
    private const string Begin = "<!-- plants: this table is checked against Plants.cs; run the tests with " + UpdateVariable + "=1 to write it again -->\n";
    private const string End = "<!-- end of plants -->\n";

    private static readonly (string Assembly, string Source)[] Lists =
    [
        ("SyncModule.Core", "src/SyncModule.Core/Plants.cs"),
        ("SyncModule.Engine", "src/SyncModule.Engine/Plants.cs"),
    ];

    private static readonly List<(string Assembly, string Name, string Wrong, string FoundBy)> All = [.. Lists.SelectMany(l =>
        Entry().Matches(File.ReadAllText(Path.Combine(Repository.Root, l.Source))).Select(m => (l.Assembly, m.Groups["name"].Value, m.Groups["wrong"].Value, m.Groups["found"].Value)))];

    [Fact]
    public void Nothing_is_planted_in_this_build()
    {
        foreach (var list in Lists)
        {
            var plants = Assembly.Load(list.Assembly).GetType(list.Assembly + ".Plants", throwOnError: true)!;
            var fields = plants.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic).Where(f => f.FieldType == typeof(bool)).ToList();
            Assert.All(fields, f => Assert.True(f.IsLiteral && f.GetRawConstantValue() is false, f.Name + " must be a constant and off"));
            Assert.Equal(All.Where(p => p.Assembly == list.Assembly).Select(p => p.Name), fields.Select(f => f.Name));
        }

        Assert.True(All.Count >= 40 && All.Select(p => p.Name).Distinct().Count() == All.Count);
    }

    [Fact]
    public void Each_one_stands_somewhere_in_the_program()
    {
        string sources = string.Concat(Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(f => Path.GetFileName(f) != "Plants.cs" && !f.Contains(Path.DirectorySeparatorChar + "obj" + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            .Select(File.ReadAllText));
        Assert.All(All, p => Assert.Contains("Plants." + p.Name, sources, StringComparison.Ordinal));
        Assert.Empty(Use().Matches(sources).Select(m => m.Groups[1].Value).Except(All.Select(p => p.Name)));
    }

    [Fact]
    public void The_table_lists_them_with_tests_that_exist()
    {
        foreach (var (_, name, _, found) in All.Where(p => p.FoundBy != "simulation"))
        {
            string[] words = found.Split(' ', '.');
            string file = Assert.Single(Directory.GetFiles(Path.Combine(Repository.Root, "tests", $"SyncModule.{words[0]}.Tests"), words[1] + ".cs", SearchOption.AllDirectories));
            Assert.True(words.Length == 3 && File.ReadAllText(file).Contains($" {words[2]}(", StringComparison.Ordinal), $"{name}: there is no test {found}");
        }

        string path = Path.Combine(Repository.Root, "docs", "reliability.md");
        string text = File.ReadAllText(path);
        int from = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, to = text.IndexOf(End, StringComparison.Ordinal);
        Assert.True(from >= Begin.Length && to >= from, "docs/reliability.md has no place for the table");
        string expected = Table();
        if (string.Equals(Environment.GetEnvironmentVariable(UpdateVariable), "1", StringComparison.Ordinal)) File.WriteAllText(path, text = text[..from] + expected + text[to..]);
        else Assert.Equal(expected, text[from..to]);
    }

    [Fact]
    public void Every_test_that_the_page_names_exists()
    {
        var sources = Directory.GetFiles(Path.Combine(Repository.Root, "tests"), "*.cs", SearchOption.AllDirectories).Select(Path.GetFileNameWithoutExtension).ToHashSet();
        string text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "reliability.md"));
        Assert.Empty(TestName().Matches(text).Select(m => m.Groups[1].Value).Where(n => !sources.Contains(n)).Distinct());
    }

    private static string Table()
    {
        var text = new StringBuilder("| plant | what is wrong | found by |\n|---|---|---|\n");
        foreach (var (_, name, wrong, found) in All) text.Append($"| {name} | {wrong} | `{found}` |\n");
        return text.ToString();
    }

    [GeneratedRegex(@"<summary>(?<wrong>[^\n]*)</summary>\s+/// <remarks>(?<found>[^\n]*)</remarks>\s+public const bool (?<name>\w+) = Planted == nameof\(\k<name>\);", RegexOptions.None, 1000)]
    private static partial Regex Entry();

    [GeneratedRegex(@"`([A-Z]\w*Tests)`", RegexOptions.None, 1000)]
    private static partial Regex TestName();

    [GeneratedRegex(@"\bPlants\.(\w+)", RegexOptions.None, 1000)]
    private static partial Regex Use();
}
