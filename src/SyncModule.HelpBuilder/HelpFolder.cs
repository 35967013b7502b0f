using System.Text;

namespace SyncModule.HelpBuilder;

/// <summary>All pages of a folder, made into the files that Get-Help reads: one MAML file for the cmdlets, one text file for each about topic.</summary>
public static class HelpFolder
{
    /// <summary>PowerShell looks for exactly this name: the assembly that holds the cmdlets, and -Help.xml.</summary>
    public const string MamlName = "SyncModule.Commands.dll-Help.xml";

    /// <exception cref="PageException">A page has not the form of a help page.</exception>
    public static void Build(string pages, string output)
    {
        Directory.CreateDirectory(output);
        var commands = Directory.EnumerateFiles(pages, "*-*.md").Order(StringComparer.Ordinal).Select(CommandPage.Read).ToList();
        Write(Path.Combine(output, MamlName), MamlWriter.Of(commands));
        foreach (string topic in Directory.EnumerateFiles(pages, "about_*.md").Order(StringComparer.Ordinal))
            Write(Path.Combine(output, Path.GetFileNameWithoutExtension(topic) + ".help.txt"), AboutText.Of(File.ReadAllText(topic)));
    }

    // With a mark at its beginning: Windows readers of these files guess the encoding otherwise.
    private static void Write(string path, string text) => File.WriteAllText(path, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
}
