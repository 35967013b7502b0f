using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SyncModule.Engine.Tests.Specifications;

/// <summary>
/// One file of worked examples: cases in the order in which they are added, each with a name and fields. Bytes are written in hex, numbers
/// as numbers, text only in fields whose name ends in "Text". The same cases give the same bytes.
/// </summary>
internal sealed class VectorFile(string page, string name, string about)
{
    private readonly List<(string Name, (string Field, object Value)[] Fields)> _cases = [];

    /// <summary>File name of the page without its extension.</summary>
    public string Page => page;

    public string Name => name;

    public VectorFile Case(string title, params (string Field, object Value)[] fields)
    {
        if (_cases.Exists(c => c.Name == title)) throw new ArgumentException("Two cases have one name: " + title, nameof(title));
        _cases.Add((title, fields));
        return this;
    }

    public byte[] Write(string version)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("page", page);
            json.WriteString("version", version);
            json.WriteString("about", about);
            json.WriteStartArray("cases");
            foreach (var (title, fields) in _cases)
            {
                json.WriteStartObject();
                json.WriteString("name", title);
                foreach (var (field, value) in fields)
                {
                    json.WritePropertyName(field);
                    WriteValue(json, field, value);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteValue(Utf8JsonWriter json, string field, object value)
    {
        switch (value)
        {
            case byte[] bytes: json.WriteStringValue(Convert.ToHexStringLower(bytes)); break;
            case SecretKeyBytes secret: json.WriteStringValue(Convert.ToHexStringLower(secret.Bytes)); break;
            case Core.Model.Id32 or Core.Model.Id16: json.WriteStringValue(value.ToString()); break;
            case int or long or ulong or uint: json.WriteRawValue(FormattableString.Invariant($"{value}")); break;
            case string text when field.EndsWith("Text", StringComparison.Ordinal): json.WriteStringValue(text); break;
            case System.Collections.IEnumerable list when value is not string:
                json.WriteStartArray();
                foreach (object item in list) WriteValue(json, field, item);
                json.WriteEndArray();
                break;
            default: throw new ArgumentException($"The field {field} cannot hold a {value.GetType().Name}.", nameof(value));
        }
    }
}

/// <summary>A derived key as it may be shown: of fixed inputs, so nobody's.</summary>
internal sealed record SecretKeyBytes(byte[] Bytes)
{
    public static SecretKeyBytes Of(Engine.Cryptography.SecretKey key) => new(key.Span.ToArray());
}
