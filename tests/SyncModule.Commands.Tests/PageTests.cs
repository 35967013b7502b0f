using System.Xml.Linq;
using SyncModule.HelpBuilder;

namespace SyncModule.Commands.Tests;

/// <summary>docs/cmdlets against the cmdlets themselves; run with SYNCMODULE_UPDATE_DOCS=1 to write syntax and facts again.</summary>
public class PageTests
{
    [Fact]
    public void There_is_a_page_for_each_cmdlet_and_no_other() =>
        Assert.Equal(CmdletFacts.OfModule.Select(c => c.Name), Pages.Files.Select(f => Path.GetFileNameWithoutExtension(f)));

    [Fact]
    public void Syntax_and_facts_are_those_of_the_cmdlets()
    {
        var different = new List<string>();
        foreach (var cmdlet in CmdletFacts.OfModule)
        {
            string file = Path.Combine(Pages.Folder, cmdlet.Name + ".md");
            string page = File.ReadAllText(file), written = PageFacts.Write(cmdlet, page);
            if (page == written) continue;
            if (Pages.Update) File.WriteAllText(file, written);
            else different.Add(cmdlet.Name);
        }

        Assert.True(different.Count == 0, $"Run the tests with SYNCMODULE_UPDATE_DOCS=1: {string.Join(", ", different)}");
    }

    [Fact]
    public void Every_parameter_is_described_and_nothing_else_is()
    {
        foreach (var page in Pages.All)
        {
            var cmdlet = CmdletFacts.OfModule.Single(c => c.Name == page.Name);
            Assert.Equal(cmdlet.Parameters.Select(p => p.Name), page.Parameters.Select(p => p.Name));
            Assert.All(page.Parameters, p => Assert.True(p.Description.Count > 0 && p.Description.All(d => d.EndsWith('.') || d.StartsWith("- ", StringComparison.Ordinal)), $"{page.Name} -{p.Name} is not described in whole sentences"));
        }
    }

    [Fact]
    public void Every_page_says_what_for_shows_an_example_and_names_what_comes_out()
    {
        foreach (var page in Pages.All)
        {
            var cmdlet = CmdletFacts.OfModule.Single(c => c.Name == page.Name);
            Assert.True(page.Synopsis is { Length: > 10 and < 120 } && page.Synopsis.EndsWith('.'), page.Name);
            Assert.True(page.Description.Count > 0, page.Name);
            Assert.NotEmpty(page.Examples);
            Assert.All(page.Examples, e => Assert.True(e.Code.Contains("PS> ", StringComparison.Ordinal) && e.Code.Contains(page.Name, StringComparison.OrdinalIgnoreCase), $"{page.Name}, {e.Title}: the example does not show the cmdlet"));
            Assert.Equal(cmdlet.Outputs.Select(o => o == typeof(void) ? "None" : o.FullName!).Order(StringComparer.Ordinal), page.Outputs.Select(o => o.Type).Order(StringComparer.Ordinal));
            Assert.All(page.Outputs.Concat(page.Inputs), t => Assert.NotEmpty(t.Description));
            Assert.All(page.Links.Where(l => l.Target.Length > 0), l => Assert.True(File.Exists(Path.Combine(Pages.Folder, l.Target)), $"{page.Name} leads to {l.Target}"));
            Assert.NotEmpty(page.Links);
        }
    }

    [Fact]
    public void What_comes_from_the_pipeline_is_described_under_INPUTS()
    {
        foreach (var page in Pages.All)
        {
            bool takes = page.Parameters.Any(p => p.Uses.Any(u => u.ByValue || u.ByPropertyName));
            Assert.True(takes == page.Inputs.Any(i => i.Type != "None"), page.Name);
        }
    }

    [Fact]
    public void The_help_that_is_built_has_all_of_it()
    {
        XNamespace command = "http://schemas.microsoft.com/maml/dev/command/2004/10", maml = "http://schemas.microsoft.com/maml/2004/10";
        var commands = XDocument.Parse(MamlWriter.Of(Pages.All)).Root!.Elements(command + "command").ToList();
        Assert.Equal(CmdletFacts.OfModule.Select(c => c.Name), commands.Select(c => c.Element(command + "details")!.Element(command + "name")!.Value));
        foreach (var (element, cmdlet) in commands.Zip(CmdletFacts.OfModule))
        {
            Assert.Equal(cmdlet.Parameters.Select(p => p.Name), element.Element(command + "parameters")!.Elements(command + "parameter").Select(p => p.Element(maml + "name")!.Value));
            Assert.Equal(cmdlet.Sets.Count, element.Element(command + "syntax")!.Elements().Count());
        }
    }
}
