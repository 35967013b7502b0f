using System.Management.Automation;
using System.Management.Automation.Language;

namespace SyncModule.Commands.Completion;

/// <summary>What all completers share: matching a typed beginning, quoting what needs it.</summary>
internal static class Completions
{
    public static bool Matches(string text, string typed) => text.StartsWith(typed.Trim('\'', '"'), StringComparison.OrdinalIgnoreCase);

    /// <summary>Quoted when it has characters that PowerShell would read otherwise.</summary>
    public static CompletionResult Of(string text, string toolTip)
    {
        string inserted = text.Length > 0 && text.All(c => char.IsLetterOrDigit(c) || c is '/' or '.' or '_' or '-' or ':' or '\\' or '~') && text[0] != '-' ? text : $"'{CodeGeneration.EscapeSingleQuotedStringContent(text)}'";
        return new CompletionResult(inserted, text, CompletionResultType.ParameterValue, toolTip);
    }
}
