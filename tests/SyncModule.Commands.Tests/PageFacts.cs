using System.Globalization;
using System.Security;
using System.Text;
using System.Text.RegularExpressions;

namespace SyncModule.Commands.Tests;

/// <summary>
/// Writes into a page what the program knows better than a person: the syntax lines, and the facts below each parameter. Descriptions
/// and examples stay as they are; a parameter without one gets a heading without text, which another test finds.
/// </summary>
internal static partial class PageFacts
{
    private const string CommonParameters =
        """
        ### CommonParameters

        This cmdlet supports the common parameters: -Debug, -ErrorAction, -ErrorVariable, -InformationAction, -InformationVariable, -OutBuffer,
        -OutVariable, -PipelineVariable, -ProgressAction, -Verbose, -WarningAction and -WarningVariable. See `about_CommonParameters`.

        """;

    private static readonly Dictionary<Type, string> Short = new()
    {
        [typeof(string)] = "string",
        [typeof(string[])] = "string[]",
        [typeof(int)] = "int",
        [typeof(int?)] = "int",
        [typeof(object)] = "Object",
        [typeof(SecureString)] = "securestring",
        [typeof(TimeSpan)] = "timespan",
        [typeof(TimeSpan?)] = "timespan",
        [typeof(DateTime?)] = "datetime",
        [typeof(System.Management.Automation.ScriptBlock)] = "scriptblock",
        [typeof(System.Management.Automation.PSCredential)] = "pscredential",
    };

    public static string Write(CmdletFacts cmdlet, string page)
    {
        var descriptions = Descriptions().Matches(Section(page, "PARAMETERS")).ToDictionary(m => m.Groups["name"].Value, m => m.Groups["text"].Value.Trim(), StringComparer.OrdinalIgnoreCase);
        var known = cmdlet.Parameters.Select(p => p.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        // One that is no parameter stays, so that the test names it.
        var kept = descriptions.Where(d => !known.Contains(d.Key) && d.Key != "CommonParameters").Select(d => $"### -{d.Key}\n\n{d.Value}\n\n");
        string parameters = string.Concat(cmdlet.Parameters.Select(p => $"### -{p.Name}\n\n{Text(descriptions.GetValueOrDefault(p.Name))}{Facts(p)}\n")) + string.Concat(kept) + CommonParameters;
        string syntax = string.Concat(cmdlet.Sets.Select(s => $"### {(s == ParameterFacts.AllSets ? "__AllParameterSets" : s)}{(s == cmdlet.DefaultSet && cmdlet.Sets.Count > 1 ? " (Default)" : "")}\n\n```\n{Syntax(cmdlet, s)}\n```\n\n"));
        return Replace(Replace(page, "SYNTAX", syntax), "PARAMETERS", parameters + "\n");
    }

    /// <summary>As Get-Command -Syntax writes it.</summary>
    public static string Syntax(CmdletFacts cmdlet, string set)
    {
        var uses = cmdlet.Parameters.Select(p => (Parameter: p, Use: p.Uses.FirstOrDefault(u => u.Set == set || u.Set == ParameterFacts.AllSets))).Where(u => u.Use is not null).Select(u => (u.Parameter, Use: u.Use!)).ToList();
        var ordered = uses.Where(u => u.Use.Position is not null).OrderBy(u => u.Use.Position)
            .Concat(uses.Where(u => u.Use.Position is null && u.Use.IsRequired)).Concat(uses.Where(u => u.Use.Position is null && !u.Use.IsRequired));
        return $"{cmdlet.Name} {string.Join(' ', ordered.Select(u => Word(u.Parameter, u.Use)))} [<CommonParameters>]";
    }

    private static string Word(ParameterFacts parameter, UseFacts use)
    {
        string name = "-" + parameter.Name;
        if (parameter.Type == typeof(System.Management.Automation.SwitchParameter)) return use.IsRequired ? name : $"[{name}]";
        string type = $"<{ShortName(parameter.Type)}>";
        string word = use.Position is null ? $"{name} {type}" : $"[{name}] {type}";
        return use.IsRequired ? word : $"[{word}]";
    }

    private static string Facts(ParameterFacts parameter)
    {
        var text = new StringBuilder("```yaml\n");
        text.Append(CultureInfo.InvariantCulture, $"Type: {FullName(parameter.Type)}\n");
        text.Append(CultureInfo.InvariantCulture, $"DefaultValue: '{parameter.Default.Replace("'", "''", StringComparison.Ordinal)}'\n");
        text.Append(CultureInfo.InvariantCulture, $"SupportsWildcards: {Truth(parameter.Wildcards)}\n");
        text.Append(CultureInfo.InvariantCulture, $"Aliases: [{string.Join(", ", parameter.Aliases)}]\n");
        text.Append("ParameterSets:\n");
        foreach (var use in parameter.Uses)
        {
            text.Append(CultureInfo.InvariantCulture, $"- Name: {(use.Set == ParameterFacts.AllSets ? "(All)" : use.Set)}\n");
            text.Append(CultureInfo.InvariantCulture, $"  Position: {use.Position?.ToString(CultureInfo.InvariantCulture) ?? "Named"}\n");
            text.Append(CultureInfo.InvariantCulture, $"  IsRequired: {Truth(use.IsRequired)}\n");
            text.Append(CultureInfo.InvariantCulture, $"  ValueFromPipeline: {Truth(use.ByValue)}\n");
            text.Append(CultureInfo.InvariantCulture, $"  ValueFromPipelineByPropertyName: {Truth(use.ByPropertyName)}\n");
            text.Append("  ValueFromRemainingArguments: false\n");
        }

        var values = Enum(parameter.Type) is { } type ? System.Enum.GetNames(type) : [];
        text.Append(CultureInfo.InvariantCulture, $"DontShow: false\nAcceptedValues: [{string.Join(", ", values)}]\nHelpMessage: ''\n```\n");
        return text.ToString();
    }

    private static Type? Enum(Type type)
    {
        var element = Plain(type.IsArray ? type.GetElementType()! : type);
        return element.IsEnum ? element : null;
    }

    private static Type Plain(Type type) => Nullable.GetUnderlyingType(type) ?? type;

    private static string FullName(Type type) => type.IsArray ? FullName(type.GetElementType()!) + "[]" : Plain(type).FullName!;

    private static string ShortName(Type type) => Short.TryGetValue(type, out string? name) ? name : type.IsArray ? Plain(type.GetElementType()!).Name + "[]" : Plain(type).Name;

    private static string Truth(bool value) => value ? "true" : "false";

    private static string Text(string? description) => string.IsNullOrEmpty(description) ? "" : description + "\n\n";

    private static string Section(string page, string name) => SectionOf(page, name).Body;

    private static string Replace(string page, string name, string body)
    {
        var (start, end, _) = SectionOf(page, name);
        return page[..start] + "\n" + body + page[end..];
    }

    private static (int Start, int End, string Body) SectionOf(string page, string name)
    {
        string heading = $"\n## {name}\n";
        int start = page.IndexOf(heading, StringComparison.Ordinal);
        if (start < 0) return (page.Length, page.Length, "");
        start += heading.Length;
        int end = page.IndexOf("\n## ", start - 1, StringComparison.Ordinal);
        end = end < 0 ? page.Length : end + 1;
        return (start, end, page[start..end]);
    }

    [GeneratedRegex(@"^### -?(?<name>\w+)\n(?<text>.*?)(?=^```yaml$|^### |\z)", RegexOptions.Multiline | RegexOptions.Singleline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Descriptions();
}
