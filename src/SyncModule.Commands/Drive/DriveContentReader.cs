using System.Collections;
using System.Management.Automation.Provider;
using System.Security;
using SyncModule.Commands.Values;
using SyncModule.Commands.Vaults;
using SyncModule.Core.Model;

namespace SyncModule.Commands.Drive;

/// <summary>Gives the pieces of one value: lines, bytes, or the value itself.</summary>
internal sealed class DriveContentReader : IContentReader
{
    private readonly IEnumerator _pieces;

    private DriveContentReader(IEnumerable pieces) => _pieces = pieces.GetEnumerator();

    /// <exception cref="SyncException"><see cref="SyncErrors.ValueNotText"/>: a file of other bytes, and no bytes were asked for.</exception>
    public static DriveContentReader Of(string name, Metadata? metadata, byte[] bytes, DriveReadParameters parameters)
    {
        if (parameters.AsByteStream) return parameters.Raw ? new(new[] { bytes }) : new(bytes);
        if (metadata?.Text(Metadata.TargetKey) is { } target) return new(new[] { target });
        bool asked = parameters.AsPlainText || parameters.Encoding is not null;
        object value = DriveText.IsFile(metadata) ? bytes : ValueCodec.Decode(metadata?.Text(ValueKind.MetadataKey), bytes, parameters.AsPlainText);
        return value switch
        {
            byte[] content when DriveText.IsFile(metadata) || asked => OfText(DriveText.Read(name, content, parameters.Encoding), parameters.Raw),
            string text => OfText(text, parameters.Raw),
            SecureString secret when parameters.AsPlainText => OfText(SecureText.Use(secret, characters => characters.ToString()), parameters.Raw),
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

    private static DriveContentReader OfText(string text, bool raw) => new(raw ? [text] : Lines(text));

    private static IEnumerable<string> Lines(string text)
    {
        using var reader = new StringReader(text);
        while (reader.ReadLine() is { } line) yield return line;
    }
}
