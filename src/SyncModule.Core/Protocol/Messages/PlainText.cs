namespace SyncModule.Core.Protocol;

/// <summary>Text from a peer on its way to a terminal or a log.</summary>
internal static class PlainText
{
    /// <summary>Replaces control, format and surrogate characters, so no escape sequence or reversed text comes from a peer.</summary>
    public static string Clean(string text) => string.Create(text.Length, text, static (span, source) =>
    {
        for (int i = 0; i < span.Length; i++)
        {
            char c = source[i];
            span[i] = char.IsControl(c) || char.IsSurrogate(c) || char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator ? '?' : c;
        }
    });

    /// <summary>At most <paramref name="max"/> characters, cut without splitting a pair.</summary>
    public static string Cut(string text, int max) => text.Length <= max ? text : text[..(char.IsHighSurrogate(text[max - 1]) ? max - 1 : max)];
}
