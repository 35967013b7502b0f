using System.Text;
using SyncModule.Commands.Errors;
using SyncModule.HelpBuilder;

namespace SyncModule.Commands.Tests;

/// <summary>The about topics, and the list of error ids in one of them.</summary>
public class TopicTests
{
    [Fact]
    public void The_five_topics_are_there() =>
        Assert.Equal(["about_SyncErrors", "about_SyncMerge", "about_SyncModule", "about_SyncSecurity", "about_SyncVault"], Pages.Topics.Select(t => Path.GetFileNameWithoutExtension(t)));

    [Fact]
    public void The_topic_of_errors_lists_exactly_the_ids_of_the_program_with_steps_of_PowerShell()
    {
        string file = Path.Combine(Pages.Folder, "about_SyncErrors.md"), page = File.ReadAllText(file);
        string written = page[..(page.IndexOf("\n## Ids\n", StringComparison.Ordinal) + "\n## Ids\n".Length)] + Ids();
        if (page != written && Pages.Update) File.WriteAllText(file, written);
        else Assert.True(page == written, "Run the tests with SYNCMODULE_UPDATE_DOCS=1");
    }

    [Fact]
    public void A_topic_names_no_command_that_is_not_there()
    {
        var known = CmdletFacts.All.Select(c => c.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (string topic in Pages.Topics.Concat(Pages.Files))
        {
            var named = System.Text.RegularExpressions.Regex.Matches(File.ReadAllText(topic), @"\b[A-Z][a-z]+-(?:Sync|VaultSync)\w*", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1)).Select(m => m.Value);
            Assert.All(named, n => Assert.True(known.Contains(n), $"{Path.GetFileName(topic)} names {n}"));
        }
    }

    [Fact]
    public void A_topic_as_text_fits_a_console_and_has_no_marks()
    {
        foreach (string topic in Pages.Topics)
        {
            string text = AboutText.Of(File.ReadAllText(topic));
            Assert.StartsWith("TOPIC\n    about_Sync", text, StringComparison.Ordinal);
            Assert.Contains("\nSHORT DESCRIPTION\n    ", text, StringComparison.Ordinal);
            foreach (string line in text.Split('\n').Where(l => !l.StartsWith("     ", StringComparison.Ordinal) && !l.Contains("  ", StringComparison.Ordinal))) Assert.True(line.Length <= 80, line);
            Assert.DoesNotContain("`", text, StringComparison.Ordinal);
            Assert.DoesNotContain("](", text, StringComparison.Ordinal);
        }
    }

    private static string Ids()
    {
        var text = new StringBuilder("\n");
        foreach (var kind in SyncErrors.All) text.Append(System.Globalization.CultureInfo.InvariantCulture, $"### {kind.Id}\n\n{kind.Summary} {NextSteps.For(kind)}\n\n");
        return text.Append("## See also\n\nabout_SyncModule, about_SyncVault\n").ToString();
    }
}
