using Markdig;
using Markdig.Extensions.Yaml;
using Markdig.Syntax;

namespace SyncModule.HelpBuilder;

/// <summary>One way to call a command.</summary>
public sealed record SyntaxLine(string Set, bool IsDefault, string Text);

/// <summary>An example: what is said before it, the session as it is typed and seen, what is said after it.</summary>
public sealed record ExamplePart(string Title, IReadOnlyList<string> Before, string Code, IReadOnlyList<string> After, bool IsInteractive);

/// <summary>What one set makes of a parameter.</summary>
public sealed record ParameterUse(string Set, string Position, bool IsRequired, bool ByValue, bool ByPropertyName);

/// <summary>A parameter as the page describes it.</summary>
public sealed record ParameterPart(string Name, IReadOnlyList<string> Description, string Type, string Default, bool Wildcards, IReadOnlyList<string> Aliases, IReadOnlyList<string> AcceptedValues, IReadOnlyList<ParameterUse> Uses);

/// <summary>A type that goes in or comes out.</summary>
public sealed record TypePart(string Type, IReadOnlyList<string> Description);

/// <summary>A related page or topic; <see cref="Target"/> is "" when it is only named.</summary>
public sealed record LinkPart(string Text, string Target);

/// <summary>
/// A cmdlet's page, in the form that PlatyPS 1 reads and writes: sections SYNOPSIS, SYNTAX, DESCRIPTION, EXAMPLES, PARAMETERS (each with
/// a block of facts), INPUTS, OUTPUTS, NOTES, RELATED LINKS, in this order.
/// </summary>
public sealed record CommandPage(
    string File,
    string Name,
    string Synopsis,
    IReadOnlyList<SyntaxLine> Syntax,
    IReadOnlyList<string> Description,
    IReadOnlyList<ExamplePart> Examples,
    IReadOnlyList<ParameterPart> Parameters,
    IReadOnlyList<TypePart> Inputs,
    IReadOnlyList<TypePart> Outputs,
    IReadOnlyList<string> Notes,
    IReadOnlyList<LinkPart> Links)
{
    private static readonly string[] Sections = ["SYNOPSIS", "SYNTAX", "DESCRIPTION", "EXAMPLES", "PARAMETERS", "INPUTS", "OUTPUTS", "NOTES", "RELATED LINKS"];

    /// <exception cref="PageException">It has not the form of a page.</exception>
    public static CommandPage Read(string file) => Parse(file, System.IO.File.ReadAllText(file));

    /// <exception cref="PageException">It has not the form of a page.</exception>
    public static CommandPage Parse(string file, string text)
    {
        var blocks = Markdown.Parse(text, PlainText.Pipeline).Where(b => b is not YamlFrontMatterBlock and not LinkReferenceDefinitionGroup).ToList();
        if (blocks.FirstOrDefault() is not HeadingBlock { Level: 1 } title) throw new PageException(file, "the page does not begin with # NAME");
        string name = PlainText.Of(title.Inline);
        var sections = Split(blocks.Skip(1), level: 2);
        if (!sections.Select(s => s.Title).SequenceEqual(Sections, StringComparer.Ordinal)) throw new PageException(file, $"the sections are {string.Join(", ", sections.Select(s => s.Title))} instead of {string.Join(", ", Sections)}");
        var (synopsis, syntax, description, examples, parameters, inputs, outputs, notes, links) = (sections[0], sections[1], sections[2], sections[3], sections[4], sections[5], sections[6], sections[7], sections[8]);
        return new(
            file, name, string.Join(' ', PlainText.Paragraphs(synopsis.Blocks)),
            [.. Split(syntax.Blocks, 3).Select(s => SyntaxOf(file, s))],
            [.. PlainText.Paragraphs(description.Blocks)],
            [.. Split(examples.Blocks, 3).Select(s => ExampleOf(file, s))],
            [.. Split(parameters.Blocks, 3).Where(s => s.Title != "CommonParameters").Select(s => ParameterFacts.Read(file, s.Title, s.Blocks))],
            [.. Split(inputs.Blocks, 3).Select(s => new TypePart(s.Title, [.. PlainText.Paragraphs(s.Blocks)]))],
            [.. Split(outputs.Blocks, 3).Select(s => new TypePart(s.Title, [.. PlainText.Paragraphs(s.Blocks)]))],
            [.. PlainText.Paragraphs(notes.Blocks)],
            [.. links.Blocks.SelectMany(b => b.Descendants<Markdig.Syntax.Inlines.LinkInline>()).Select(l => new LinkPart(PlainText.Of(l), l.Url ?? ""))]);
    }

    private static SyntaxLine SyntaxOf(string file, Section section)
    {
        if (section.Blocks is not [FencedCodeBlock code]) throw new PageException(file, $"the syntax '{section.Title}' is not one block of code");
        const string mark = " (Default)";
        bool isDefault = section.Title.EndsWith(mark, StringComparison.Ordinal);
        return new(isDefault ? section.Title[..^mark.Length] : section.Title, isDefault, PlainText.Code(code));
    }

    private static ExamplePart ExampleOf(string file, Section section)
    {
        int at = section.Blocks.ToList().FindIndex(b => b is FencedCodeBlock);
        if (at < 0 || section.Blocks.Skip(at + 1).Any(b => b is FencedCodeBlock)) throw new PageException(file, $"the example '{section.Title}' has not exactly one block of code");
        var code = (FencedCodeBlock)section.Blocks[at];
        if (code.Info != "powershell") throw new PageException(file, $"the code of '{section.Title}' is not marked powershell");
        return new(section.Title, [.. PlainText.Paragraphs(section.Blocks.Take(at))], PlainText.Code(code), [.. PlainText.Paragraphs(section.Blocks.Skip(at + 1))], code.Arguments == "interactive");
    }

    private sealed record Section(string Title, IReadOnlyList<Block> Blocks);

    // What stands before the first heading of the level belongs to none and is dropped.
    private static IReadOnlyList<Section> Split(IEnumerable<Block> blocks, int level)
    {
        var sections = new List<(string Title, List<Block> Blocks)>();
        foreach (var block in blocks)
        {
            if (block is HeadingBlock heading && heading.Level == level) sections.Add((PlainText.Of(heading.Inline), []));
            else if (sections.Count > 0) sections[^1].Blocks.Add(block);
        }

        return [.. sections.Select(s => new Section(s.Title, s.Blocks))];
    }
}
