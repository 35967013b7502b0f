using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace SyncModule.HelpBuilder;

/// <summary>Pages as MAML, the XML that Get-Help reads for compiled cmdlets.</summary>
public static class MamlWriter
{
    private static readonly XNamespace Msh = "http://msh";
    private static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    public static string Of(IReadOnlyList<CommandPage> pages)
    {
        var root = new XElement(Msh + "helpItems", new XAttribute("schema", "maml"), pages.Select(CommandOf));
        var text = new StringBuilder();
        // Line ends inside of texts stay as they are; examples consist of lines.
        using (var writer = XmlWriter.Create(text, new XmlWriterSettings { Indent = true, NewLineChars = "\n", OmitXmlDeclaration = true, NewLineHandling = NewLineHandling.None })) root.Save(writer);
        return "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" + text + "\n";
    }

    private static XElement CommandOf(CommandPage page)
    {
        string[] parts = page.Name.Split('-');
        return new(Command + "command",
            new XAttribute(XNamespace.Xmlns + "maml", Maml), new XAttribute(XNamespace.Xmlns + "command", Command), new XAttribute(XNamespace.Xmlns + "dev", Dev),
            new XElement(Command + "details",
                new XElement(Command + "name", page.Name),
                new XElement(Command + "verb", parts[0]),
                new XElement(Command + "noun", parts[1]),
                Description([page.Synopsis])),
            Description(page.Description),
            new XElement(Command + "syntax", page.Syntax.Select(s => SyntaxOf(page, s))),
            new XElement(Command + "parameters", page.Parameters.Where(p => p.Uses.Count > 0).Select(p => ParameterOf(p, p.Uses[0]))),
            new XElement(Command + "inputTypes", page.Inputs.Select(i => new XElement(Command + "inputType", TypeOf(i.Type), Description(i.Description)))),
            new XElement(Command + "returnValues", page.Outputs.Select(o => new XElement(Command + "returnValue", TypeOf(o.Type), Description(o.Description)))),
            new XElement(Maml + "alertSet", new XElement(Maml + "alert", Paragraphs(page.Notes))),
            new XElement(Command + "examples", page.Examples.Select(ExampleOf)),
            new XElement(Command + "relatedLinks", page.Links.Select(l => new XElement(Maml + "navigationLink", new XElement(Maml + "linkText", l.Text), new XElement(Maml + "uri")))));
    }

    // Positional ones first, as a person types them.
    private static XElement SyntaxOf(CommandPage page, SyntaxLine syntax)
    {
        var used = page.Parameters.SelectMany(p => p.Uses.Where(u => u.Set == syntax.Set || u.Set == "(All)").Take(1), (Part, Use) => (Part, Use)).ToList();
        var ordered = used.Where(u => u.Use.Position != "Named").OrderBy(u => int.Parse(u.Use.Position, System.Globalization.CultureInfo.InvariantCulture))
            .Concat(used.Where(u => u.Use.Position == "Named" && u.Use.IsRequired)).Concat(used.Where(u => u.Use.Position == "Named" && !u.Use.IsRequired));
        return new(Command + "syntaxItem", new XElement(Maml + "name", page.Name), ordered.Select(u => ParameterOf(u.Part, u.Use)));
    }

    private static XElement ParameterOf(ParameterPart part, ParameterUse use)
    {
        string type = ShortType(part.Type);
        bool isSwitch = type == "SwitchParameter";
        return new(Command + "parameter",
            new XAttribute("required", use.IsRequired ? "true" : "false"),
            new XAttribute("variableLength", type.EndsWith("[]", StringComparison.Ordinal) ? "true" : "false"),
            new XAttribute("globbing", part.Wildcards ? "true" : "false"),
            new XAttribute("pipelineInput", PipelineInput(use)),
            new XAttribute("position", use.Position.ToLowerInvariant()),
            new XAttribute("aliases", part.Aliases.Count == 0 ? "none" : string.Join(", ", part.Aliases)),
            new XElement(Maml + "name", part.Name),
            Description(part.Description),
            // A switch has no value to show in the syntax.
            isSwitch ? null : part.AcceptedValues.Count > 0 && !type.EndsWith("[]", StringComparison.Ordinal)
                ? new XElement(Command + "parameterValueGroup", part.AcceptedValues.Select(v => new XElement(Command + "parameterValue", new XAttribute("required", "false"), new XAttribute("variableLength", "false"), v)))
                : null,
            isSwitch ? null : new XElement(Command + "parameterValue", new XAttribute("required", "true"), new XAttribute("variableLength", "false"), type),
            TypeOf(type),
            new XElement(Dev + "defaultValue", part.Default.Length == 0 ? isSwitch ? "False" : "None" : part.Default));
    }

    private static string PipelineInput(ParameterUse use) => (use.ByValue, use.ByPropertyName) switch
    {
        (true, true) => "True (ByPropertyName, ByValue)",
        (true, false) => "True (ByValue)",
        (false, true) => "True (ByPropertyName)",
        _ => "False",
    };

    private static XElement ExampleOf(ExamplePart example) => new(Command + "example",
        new XElement(Maml + "title", $"----- {example.Title} -----"),
        new XElement(Maml + "introduction", Paragraphs(example.Before)),
        new XElement(Dev + "code", example.Code),
        new XElement(Dev + "remarks", Paragraphs(example.After)));

    private static XElement TypeOf(string name) => new(Dev + "type", new XElement(Maml + "name", name), new XElement(Maml + "uri"));

    private static XElement Description(IReadOnlyList<string> paragraphs) => new(Maml + "description", Paragraphs(paragraphs));

    private static IEnumerable<XElement> Paragraphs(IReadOnlyList<string> paragraphs) => paragraphs.Select(p => new XElement(Maml + "para", p));

    private static string ShortType(string type) => type[(type.LastIndexOf('.') + 1)..];
}
