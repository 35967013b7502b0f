using System.Text;
using SyncModule.Tests.Shared;

namespace SyncModule.Core.Tests;

/// <summary><c>docs/errors.md</c> is what people and scripts read; <see cref="SyncErrors"/> is what is thrown. They must be one list.</summary>
public class ErrorCatalogTests
{
    private const string UpdateVariable = "SYNCMODULE_UPDATE_DOCS";

    [Fact]
    public void The_document_lists_exactly_the_ids_of_the_program()
    {
        string path = Path.Combine(Repository.Root, "docs", "errors.md");
        string expected = Document();
        if (string.Equals(Environment.GetEnvironmentVariable(UpdateVariable), "1", StringComparison.Ordinal)) File.WriteAllText(path, expected);
        string actual = File.Exists(path) ? File.ReadAllText(path) : "";
        Assert.True(string.Equals(expected, actual, StringComparison.Ordinal), $"docs/errors.md differs from SyncErrors.cs. Run the tests with {UpdateVariable}=1, or make it:\n{expected}");
    }

    [Fact]
    public void Ids_are_unique_PascalCase_and_named_like_their_field()
    {
        Assert.Equal(SyncErrors.All.Count, SyncErrors.All.Select(kind => kind.Id).Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.Equal(SyncErrors.All.Select(kind => kind.Id).Order(StringComparer.Ordinal), SyncErrors.All.Select(kind => kind.Id));
        foreach (var field in typeof(SyncErrors).GetFields())
        {
            var kind = Assert.IsType<SyncErrorKind>(field.GetValue(null));
            Assert.Equal(field.Name, kind.Id);
            Assert.Matches("^[A-Z][A-Za-z0-9]+$", kind.Id);
        }
    }

    [Fact]
    public void Every_kind_says_what_happened_and_what_to_do_in_whole_sentences()
    {
        foreach (var kind in SyncErrors.All)
        {
            Assert.Matches(@"^\S.*\.$", kind.Summary);
            Assert.Matches(@"^\S.*\.$", kind.NextStep);
            Assert.Equal($"It happened. {kind.NextStep}", kind.With("It happened").Message);
            Assert.Equal(kind.Id, kind.With("It happened").ErrorId);
        }
    }

    private static string Document()
    {
        var text = new StringBuilder();
        text.Append("# Errors\n\n");
        text.Append("Every failure that a person can meet has one of these ids. They are stable: scripts may test them.\n\n");
        text.Append($"This table is checked against `src/SyncModule/SyncErrors.cs`; run the tests with `{UpdateVariable}=1` to write it again.\n\n");
        text.Append("| Id | Category | What happened | Next step |\n|---|---|---|---|\n");
        foreach (var kind in SyncErrors.All) text.Append($"| `{kind.Id}` | {kind.Category} | {Cell(kind.Summary)} | {Cell(kind.NextStep)} |\n");
        return text.ToString();
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
