using System.Text;
using Markdig;
using Markdig.Extensions.Tables;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace SyncModule.HelpBuilder;

/// <summary>Markdown as a console shows it: without marks, a paragraph on one line (Get-Help breaks lines itself).</summary>
internal static class PlainText
{
    public static MarkdownPipeline Pipeline { get; } = new MarkdownPipelineBuilder().UseYamlFrontMatter().UsePipeTables().Build();

    /// <summary>The paragraphs of some blocks; a list's items are paragraphs that begin with "- " or their number.</summary>
    public static IEnumerable<string> Paragraphs(IEnumerable<Block> blocks)
    {
        foreach (var block in blocks)
        {
            switch (block)
            {
                case LeafBlock { Inline: { } inline }:
                    yield return Of(inline);
                    break;
                case CodeBlock code:
                    yield return Code(code);
                    break;
                case ListBlock list:
                    int number = 0;
                    foreach (var item in list.OfType<ListItemBlock>())
                    {
                        number++;
                        yield return (list.IsOrdered ? $"{number}. " : "- ") + string.Join(' ', Paragraphs(item));
                    }

                    break;
                case Table table:
                    yield return Rows(table);
                    break;
                case QuoteBlock quote:
                    foreach (string paragraph in Paragraphs(quote)) yield return paragraph;
                    break;
            }
        }
    }

    public static string Of(ContainerInline? inlines)
    {
        var text = new StringBuilder();
        for (var inline = inlines?.FirstChild; inline is not null; inline = inline.NextSibling)
        {
            text.Append(inline switch
            {
                LiteralInline literal => literal.Content.ToString(),
                CodeInline code => code.Content,
                LineBreakInline line => line.IsHard ? "\n" : " ",
                HtmlEntityInline entity => entity.Transcoded.ToString(),
                AutolinkInline link => link.Url,
                ContainerInline container => Of(container),
                _ => "",
            });
        }

        return text.ToString();
    }

    public static string Code(LeafBlock code) => code.Lines.ToString().TrimEnd();

    // Columns as wide as their widest cell; the last one takes what it needs.
    private static string Rows(Table table)
    {
        var rows = table.OfType<TableRow>().Select(r => r.OfType<TableCell>().Select(c => string.Join(' ', Paragraphs(c))).ToArray()).ToList();
        var widths = Enumerable.Range(0, rows.Max(r => r.Length)).Select(i => rows.Max(r => i < r.Length ? r[i].Length : 0)).ToArray();
        return string.Join('\n', rows.Select(r => string.Join("  ", r.Select((c, i) => i == r.Length - 1 ? c : c.PadRight(widths[i])))));
    }
}
