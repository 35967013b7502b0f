using System.Text.Json;
using SyncModule.Core.Model;

namespace SyncModule.Daemon.Applying;

/// <summary>An item of a derived collection as a line gives it: {"key":K, one of "value":TEXT OR ANY JSON "base64":BYTES, "meta":{…}}.</summary>
internal sealed record DerivedLine(string Key, ReadOnlyMemory<byte> Bytes, Metadata? Metadata)
{
    public const string NextStep = "The content is as it was. Mend what makes the lines; mirord collection rebuild --help shows their form.";

    /// <exception cref="SyncException"><see cref="SyncErrors.LineInvalid"/>, <see cref="SyncErrors.NameInvalid"/>.</exception>
    public static DerivedLine Read(JsonElement json)
    {
        var line = new ApplyLine(json);
        var value = line.TextOrJson("value");
        byte[]? bytes = line.Bytes("base64");
        if (value is null == bytes is null) throw ApplyLine.Invalid("an item has one of 'value' and 'base64'");
        var read = new DerivedLine(line.Key, bytes ?? value!.Value, line.Metadata());
        line.Finish();
        return read;
    }
}
