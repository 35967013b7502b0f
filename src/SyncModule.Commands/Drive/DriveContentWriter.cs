using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Provider;
using System.Security;

namespace SyncModule.Commands.Drive;

/// <summary>What Set-Content was given, piece by piece: one value of any kind, lines of text, or bytes.</summary>
internal sealed class DriveContent(DriveWriteParameters parameters)
{
    private readonly List<object> _pieces = [];

    public void Add(IList pieces) => _pieces.AddRange(pieces.Cast<object?>().Select(p => p is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : p ?? ""));

    /// <exception cref="SyncException"><see cref="SyncErrors.ValueUnsupported"/>: bytes were promised and something else came.</exception>
    public object Value
    {
        get
        {
            if (parameters.AsByteStream) return Bytes();
            return _pieces is [not string and var one] ? one : string.Join(parameters.NoNewline ? "" : "\n", _pieces.Select(TextOf));
        }
    }

    /// <summary>For Add-Content: the value behind the one that stands.</summary>
    public object After(object? old) => (old, Value) switch
    {
        (null, var value) => value,
        (byte[] first, byte[] second) => first.Concat(second).ToArray(),
        (string first, string second) => parameters.NoNewline || first.Length == 0 || first.EndsWith('\n') ? first + second : $"{first}\n{second}",
        _ => throw SyncErrors.ValueUnsupported.With("Only text can be added to text, and bytes to bytes"),
    };

    /// <summary>A file's new bytes, as Set-Content and Add-Content write them into one of the disk: every piece is a line.</summary>
    /// <param name="old">What the file holds and keeps; empty = it is written anew.</param>
    /// <exception cref="SyncException"><see cref="SyncErrors.ValueUnsupported"/>: neither text nor bytes.</exception>
    public byte[] FileAfter(byte[] old)
    {
        if (parameters.AsByteStream) return [.. old, .. Bytes()];
        string end = parameters.NoNewline ? "" : Environment.NewLine;
        return DriveText.Append(old, string.Concat(_pieces.Select(p => LineOf(p) + end)), parameters.Encoding, joins: parameters.NoNewline);
    }

    private byte[] Bytes() => [.. _pieces.SelectMany(BytesOf)];

    private static string TextOf(object piece) => Convert.ToString(piece, CultureInfo.InvariantCulture) ?? "";

    // What Set-Content would write of these into a file of the disk is the name of a type.
    private static string LineOf(object piece) => piece is string or not (IEnumerable or PSObject or SecureString or PSCredential) ? TextOf(piece)
        : throw SyncErrors.ValueUnsupported.With($"The item is a file and holds text or bytes, no {(piece is PSObject ? "object" : piece.GetType().Name)}; Set-SyncItem gives the item another kind of value");

    private static IEnumerable<byte> BytesOf(object piece) => piece switch
    {
        byte[] several => several,
        byte one => [one],
        int number and >= 0 and <= 255 => [(byte)number],
        _ => throw SyncErrors.ValueUnsupported.With($"A {piece.GetType().Name} is no byte, and -AsByteStream takes bytes"),
    };
}

/// <summary>Collects what is written and stores it when it is closed: a value is one version, not one for each line.</summary>
internal sealed class DriveContentWriter(DriveWriteParameters parameters, Action<DriveContent, bool> store) : IContentWriter
{
    private readonly DriveContent _content = new(parameters);
    private bool _append, _closed;

    public IList Write(IList content)
    {
        _content.Add(content);
        return content;
    }

    // Add-Content goes to the end first.
    public void Seek(long offset, SeekOrigin origin) => _append = offset == 0 && origin == SeekOrigin.End ? true : throw SyncErrors.UsageWrong.With("A value is written as a whole, or added to at its end");

    public void Close()
    {
        if (_closed) return;
        _closed = true;
        store(_content, _append);
    }

    public void Dispose()
    {
        // What was not closed was not finished, and is not stored.
    }
}
