using Markdig.Syntax;

namespace SyncModule.HelpBuilder;

/// <summary>
/// The block of facts below a parameter's description: a small, fixed part of YAML, written and checked by the tests from the cmdlet's
/// own attributes, so that no page can say anything else than the program.
/// </summary>
internal static class ParameterFacts
{
    public static ParameterPart Read(string file, string title, IReadOnlyList<Block> blocks)
    {
        if (!title.StartsWith('-')) throw new PageException(file, $"'{title}' in PARAMETERS is no parameter");
        // A new description has none yet; the test that writes them needs a build first.
        if (blocks.LastOrDefault() is not FencedCodeBlock { Info: "yaml" } facts) return new(title[1..], [.. PlainText.Paragraphs(blocks)], "", "", false, [], [], []);
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var uses = new List<Dictionary<string, string>>();
        foreach (string line in PlainText.Code(facts).Split('\n'))
        {
            string[] pair = line.Split(':', 2);
            if (pair.Length < 2) throw new PageException(file, $"the facts of {title} have the line '{line}'");
            string key = pair[0].Trim(), value = pair[1].Trim();
            if (key.StartsWith("- ", StringComparison.Ordinal)) uses.Add(new(StringComparer.Ordinal) { [key[2..]] = value });
            else if (line.StartsWith(' ')) uses[^1][key] = value;
            else values[key] = value;
        }

        return new(
            title[1..], [.. PlainText.Paragraphs(blocks.SkipLast(1))], values["Type"], Unquoted(values["DefaultValue"]), values["SupportsWildcards"] == "true",
            List(values["Aliases"]), List(values["AcceptedValues"]),
            [.. uses.Select(u => new ParameterUse(u["Name"], u["Position"], u["IsRequired"] == "true", u["ValueFromPipeline"] == "true", u["ValueFromPipelineByPropertyName"] == "true"))]);
    }

    private static string Unquoted(string text) => text.Trim('\'').Replace("''", "'", StringComparison.Ordinal);

    private static string[] List(string text) => text.Trim('[', ']').Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
