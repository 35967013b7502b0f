using SyncModule.HelpBuilder;
using SyncModule.Tests.Shared;

namespace SyncModule.Commands.Tests;

/// <summary>The pages of docs/cmdlets.</summary>
internal static class Pages
{
    public static string Folder => Path.Combine(Repository.Root, "docs", "cmdlets");

    public static IReadOnlyList<string> Files => [.. Directory.EnumerateFiles(Folder, "*-*.md").Order(StringComparer.Ordinal)];

    public static IReadOnlyList<string> Topics => [.. Directory.EnumerateFiles(Folder, "about_*.md").Order(StringComparer.Ordinal)];

    public static IReadOnlyList<CommandPage> All => [.. Files.Select(CommandPage.Read)];

    public static bool Update => Environment.GetEnvironmentVariable("SYNCMODULE_UPDATE_DOCS") == "1";

    /// <summary>Every line that a reader may type: behind a prompt of PowerShell in the pages and the topics.</summary>
    public static IEnumerable<(string File, string Line)> TypedLines()
    {
        foreach (string file in Files.Concat(Topics))
        {
            foreach (string line in File.ReadLines(file))
            {
                string text = line.TrimStart();
                if (text.StartsWith("PS> ", StringComparison.Ordinal)) yield return (Path.GetFileName(file), text[4..]);
                else if (text.StartsWith(">> ", StringComparison.Ordinal)) yield return (Path.GetFileName(file), text[3..]);
            }
        }
    }
}
