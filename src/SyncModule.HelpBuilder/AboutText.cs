using System.Text;
using Markdig;
using Markdig.Extensions.Tables;
using Markdig.Extensions.Yaml;
using Markdig.Syntax;

namespace SyncModule.HelpBuilder;

/// <summary>An about topic as text: headings stand out, the rest is indented by four and broken before column 80, because Get-Help shows it as it is.</summary>
public static class AboutText
{
    private const int Width = 80, Indent = 4;

    public static string Of(string markdown)
    {
        var text = new StringBuilder();
        foreach (var block in Markdown.Parse(markdown, PlainText.Pipeline))
        {
            switch (block)
            {
                case HeadingBlock { Level: 1 } title:
                    // The first lines have a form that Get-Help about_* reads for its list.
                    text.Append("TOPIC\n").Append(' ', Indent).Append(PlainText.Of(title.Inline)).Append("\n\n");
                    break;
                case HeadingBlock { Level: 2 } heading:
                    text.Append(PlainText.Of(heading.Inline).ToUpperInvariant()).Append('\n');
                    break;
                case HeadingBlock heading:
                    text.Append("  ").Append(PlainText.Of(heading.Inline)).Append('\n');
                    break;
                case CodeBlock or Table:
                    foreach (string line in PlainText.Paragraphs([block]).SelectMany(p => p.Split('\n'))) text.Append(' ', block is Table ? Indent : Indent * 2).Append(line).Append('\n');
                    text.Append('\n');
                    break;
                case ListBlock list:
                    foreach (string item in PlainText.Paragraphs([list])) Append(text, item, hanging: 2);
                    text.Append('\n');
                    break;
                case YamlFrontMatterBlock or LinkReferenceDefinitionGroup:
                    break;
                default:
                    foreach (string paragraph in PlainText.Paragraphs([block])) Append(text, paragraph, hanging: 0);
                    text.Append('\n');
                    break;
            }
        }

        return text.ToString().TrimEnd() + "\n";
    }

    private static void Append(StringBuilder text, string paragraph, int hanging)
    {
        int column = 0, indent = Indent;
        foreach (string word in paragraph.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (column > 0 && column + 1 + word.Length > Width)
            {
                text.Append('\n');
                (column, indent) = (0, Indent + hanging);
            }

            text.Append(' ', column == 0 ? indent : 1).Append(word);
            column += (column == 0 ? indent : 1) + word.Length;
        }

        text.Append('\n');
    }
}
