namespace SyncModule.Core.Encoding;

/// <summary>A few short texts that are read again and again: one string serves them all. Never changed once made.</summary>
internal sealed class KnownTexts(params string[] texts)
{
    private readonly (byte[] Utf8, string Text)[] _texts = [.. texts.Select(t => (CborWriter.StrictUtf8.GetBytes(t), t))];

    /// <summary>The text of these bytes, where it is one of them.</summary>
    public string? Find(ReadOnlySpan<byte> utf8)
    {
        foreach (var (bytes, text) in _texts)
        {
            if (utf8.SequenceEqual(bytes)) return text;
        }

        return null;
    }
}
