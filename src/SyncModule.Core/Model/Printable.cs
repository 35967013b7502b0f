using System.Globalization;
using System.Text;

namespace SyncModule.Core.Model;

/// <summary>Text from other machines as it may stand on a terminal: what moves the cursor or turns the direction of writing around is escaped.</summary>
public static class Printable
{
    public static string Of(string text)
    {
        if (!text.Any(Hidden)) return text;
        var shown = new StringBuilder(text.Length + 16);
        foreach (char c in text)
        {
            if (Hidden(c)) shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else shown.Append(c);
        }

        return shown.ToString();
    }

    private static bool Hidden(char c) => char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
