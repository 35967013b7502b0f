using System.Text.RegularExpressions;
using SyncModule.Tests.Shared;

namespace SyncModule.Core.Tests;

/// <summary>docs/features.md is a promise; what it names must exist.</summary>
public sealed partial class FeaturesTests
{
    [Fact]
    public void Every_test_that_the_feature_list_names_exists()
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "features.md"));
        var sources = Directory.GetFiles(Path.Combine(Repository.Root, "tests"), "*.cs", SearchOption.AllDirectories).Select(Path.GetFileNameWithoutExtension).ToHashSet();
        var missing = TestName().Matches(text).Select(m => m.Groups[1].Value).Where(n => !sources.Contains(n)).Distinct().ToList();
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_test_that_the_lessons_name_exists()
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "lessons.md"));
        var sources = Directory.GetFiles(Path.Combine(Repository.Root, "tests"), "*Tests.cs", SearchOption.AllDirectories).ToLookup(f => Path.GetFileNameWithoutExtension(f), File.ReadAllText);
        var named = LessonTest().Matches(text);
        Assert.True(named.Count > 40);
        foreach (Match match in named)
        {
            var (name, method) = (match.Groups[1].Value, match.Groups[2].Value);
            Assert.True(sources[name].Any(s => method.Length == 0 || s.Contains($" {method}(", StringComparison.Ordinal)), match.Value);
        }
    }

    [Fact]
    public void Every_row_has_a_state_and_what_works_says_how_it_is_shown()
    {
        string[] rows = [.. File.ReadAllLines(Path.Combine(Repository.Root, "docs", "features.md")).Where(l => Row().IsMatch(l))];
        Assert.Equal(rows.Length, rows.Select(r => r[2..5]).Distinct().Count());
        foreach (string row in rows)
        {
            string[] cells = [.. row.Replace("\\|", "/", StringComparison.Ordinal).Trim('|').Split('|').Select(c => c.Trim())];
            Assert.Contains(cells[2], (string[])["works", "adapted", "not built"]);
            Assert.True(cells[2] == "not built" || cells[3].Length > 0, row);
        }
    }

    [GeneratedRegex(@"`([A-Z]\w*Tests)\b", RegexOptions.None, 1000)]
    private static partial Regex TestName();

    [GeneratedRegex(@"`([A-Z]\w*Tests)\.?(\w*)`", RegexOptions.None, 1000)]
    private static partial Regex LessonTest();

    [GeneratedRegex(@"^\| [A-D]\d\d \|", RegexOptions.None, 1000)]
    private static partial Regex Row();
}
