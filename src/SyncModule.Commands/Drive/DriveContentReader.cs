using System.Collections;
using System.Management.Automation.Provider;
using SyncModule.Commands.Values;

namespace SyncModule.Commands.Drive;

/// <summary>Gives the pieces of one value: lines, bytes, or the value itself.</summary>
internal sealed class DriveContentReader : IContentReader
{
    private readonly IEnumerator _pieces;

    private DriveContentReader(IEnumerable pieces) => _pieces = pieces.GetEnumerator();

    public static DriveContentReader Of(string? kind, byte[] bytes, DriveReadParameters parameters)
    {
        if (parameters.AsByteStream) return new(bytes);
        object value = ValueCodec.Decode(kind, bytes, parameters.AsPlainText);
        if (!parameters.AsPlainText) return new(new[] { value });
        return value switch
        {
            string text => new(parameters.Raw ? [text] : Lines(text)),
            byte[] raw => new(parameters.Raw ? [Decode(raw, parameters)] : Lines(Decode(raw, parameters))),
            _ => new(new[] { value }),
        };
    }

    /// <summary>At most <paramref name="readCount"/> pieces, all when it is not positive; none at the end.</summary>
    public IList Read(long readCount)
    {
        var pieces = new ArrayList();
        while ((readCount <= 0 || pieces.Count < readCount) && _pieces.MoveNext()) pieces.Add(_pieces.Current);
        return pieces;
    }

    public void Seek(long offset, SeekOrigin origin) => throw SyncErrors.UsageWrong.With("A value is read from its beginning; Select-Object -Last gives its end");

    public void Close()
    {
        // Nothing is open.
    }

    public void Dispose() => Close();

    private static string Decode(byte[] bytes, DriveReadParameters parameters)
    {
        using var reader = new StreamReader(new MemoryStream(bytes, writable: false), parameters.Encoding, detectEncodingFromByteOrderMarks: true);
        return reader.ReadToEnd();
    }

    private static IEnumerable<string> Lines(string text)
    {
        using var reader = new StringReader(text);
        while (reader.ReadLine() is { } line) yield return line;
    }
}
