using System.Text;
using SyncModule.Commands.Values;
using SyncModule.Core.Model;

namespace SyncModule.Commands.Drive;

/// <summary>
/// Between the bytes of files and text, as Get-Content and Set-Content do it with files of the disk: UTF-8, or what a byte order mark
/// says. But bytes that are no text are an error and not a text with replacements: somebody might write that back (docs/decisions/049).
/// </summary>
internal static class DriveText
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // The longer mark first: that of UTF-32 begins with that of UTF-16.
    private static readonly Encoding[] Marked =
    [
        new UTF8Encoding(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true),
        new UTF32Encoding(bigEndian: false, byteOrderMark: true, throwOnInvalidCharacters: true),
        new UnicodeEncoding(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true),
        new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true),
    ];

    /// <summary>An imported file, or what mirord stored: bytes of which nobody said what they are.</summary>
    public static bool IsFile(Metadata? metadata) => metadata?.Text(ValueKind.MetadataKey) is null;

    /// <summary>An imported file, which stays one when it is written again.</summary>
    public static bool IsImported(Metadata? metadata) => IsFile(metadata) && metadata?.Text(Metadata.TypeKey) == "file";

    /// <param name="name">Of the item, for the error.</param>
    /// <param name="encoding">Null = UTF-8 without errors; one that was asked for reads whatever comes. A byte order mark decides before both.</param>
    /// <exception cref="SyncException"><see cref="SyncErrors.ValueNotText"/>.</exception>
    public static string Read(string name, byte[] bytes, Encoding? encoding)
    {
        var marked = MarkedEncoding(bytes);
        try
        {
            string text = (marked ?? encoding ?? Utf8).GetString(bytes.AsSpan(marked?.Preamble.Length ?? 0));
            // No text has it, and most other files do.
            return encoding is null && text.Contains('\0', StringComparison.Ordinal) ? throw SyncErrors.ValueNotText.With($"'{name}' is no text") : text;
        }
        catch (DecoderFallbackException e)
        {
            throw SyncErrors.ValueNotText.With($"'{name}' is no text", e);
        }
    }

    /// <summary>Text behind a file's old bytes, on a line of its own and in their encoding.</summary>
    /// <param name="joins">True = right behind them.</param>
    /// <exception cref="SyncException"><see cref="SyncErrors.ValueUnsupported"/>: half a character.</exception>
    public static byte[] Append(byte[] old, string text, Encoding? encoding, bool joins)
    {
        encoding ??= MarkedEncoding(old) ?? Utf8;
        byte[] mark = old.Length == 0 ? encoding.GetPreamble() : [];
        bool isInLine = !joins && old.Length > 0 && !old.AsSpan().EndsWith(encoding.GetBytes("\n"));
        try
        {
            return [.. old, .. mark, .. encoding.GetBytes(isInLine ? Environment.NewLine + text : text)];
        }
        catch (EncoderFallbackException e)
        {
            throw SyncErrors.ValueUnsupported.With("The text has half of a surrogate pair, which UTF-8 cannot carry", e);
        }
    }

    private static Encoding? MarkedEncoding(byte[] bytes) => Array.Find(Marked, e => bytes.AsSpan().StartsWith(e.Preamble));
}
