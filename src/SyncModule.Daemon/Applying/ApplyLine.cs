using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using SyncModule.Core.Model;
using SyncModule.Daemon.CommandLine;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Applying;

/// <summary>One line of mirord apply: a JSON object. Each field is asked for once; one that nobody asked for is an error, because it may be a misspelled one.</summary>
internal sealed class ApplyLine(JsonElement line)
{
    private const int MostNameBytes = 250, MostTextBytes = 8192, MostEntries = 1000;

    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    public string Collection => ItemName.Check(Text("collection") ?? ItemArguments.DefaultCollection);

    public string Key => ItemName.Check(Text("key") ?? throw Invalid("it names no key"));

    /// <summary>A text; null where the field is not there.</summary>
    public string? Text(string field)
    {
        _asked.Add(field);
        if (!line.TryGetProperty(field, out var value)) return null;
        if (value.ValueKind != JsonValueKind.String) throw Invalid($"'{field}' is no text");
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException e)
        {
            throw SyncErrors.LineInvalid.With($"'{field}' is not well-formed Unicode", e);
        }
    }

    /// <summary>The bytes of a text, or any other JSON as it stands, but null; null where the field is not there.</summary>
    public ReadOnlyMemory<byte>? TextOrJson(string field)
    {
        _asked.Add(field);
        if (!line.TryGetProperty(field, out var value)) return null;
        return value.ValueKind switch
        {
            JsonValueKind.Null => throw Invalid($"'{field}' is null"),
            JsonValueKind.String => Encoding.UTF8.GetBytes(value.GetString()!),
            _ => BytesOf(value),
        };
    }

    /// <summary>Bytes in base64; null where the field is not there.</summary>
    public byte[]? Bytes(string field)
    {
        _asked.Add(field);
        if (!line.TryGetProperty(field, out var value)) return null;
        return value.ValueKind == JsonValueKind.String && value.TryGetBytesFromBase64(out byte[]? bytes) ? bytes : throw Invalid($"'{field}' is no base64");
    }

    /// <summary>A whole number; null where the field is not there.</summary>
    public long? Number(string field)
    {
        _asked.Add(field);
        if (!line.TryGetProperty(field, out var value)) return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) ? number : throw Invalid($"'{field}' is no whole number");
    }

    /// <summary>A JSON object as it stands; null where the field is not there.</summary>
    public ReadOnlyMemory<byte>? Object(string field) => Of(field, JsonValueKind.Object) is { } value ? BytesOf(value) : (ReadOnlyMemory<byte>?)null; // a null array would be an empty one

    /// <summary>The members of an object: fields by their JSON pointers, with their values; none where it is not there.</summary>
    public IReadOnlyList<(string Name, ReadOnlyMemory<byte> Json)> Members(string field) =>
        Of(field, JsonValueKind.Object) is { } value ? [.. value.EnumerateObject().Select(m => (m.Name, BytesOf(m.Value)))] : [];

    /// <summary>The elements of a list, any JSON; null where the field is not there.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>>? Elements(string field) => Of(field, JsonValueKind.Array) is { } value ? [.. value.EnumerateArray().Select(BytesOf)] : null;

    /// <summary>A list of texts; none where the field is not there.</summary>
    public IReadOnlyList<string> Texts(string field) =>
        Of(field, JsonValueKind.Array) is not { } value ? [] : value.EnumerateArray().All(e => e.ValueKind == JsonValueKind.String) ? [.. value.EnumerateArray().Select(e => e.GetString()!)] : throw Invalid($"'{field}' is no list of texts");

    /// <summary>"meta": names with texts or whole numbers, kept beside the value; null where it is not there.</summary>
    public Metadata? Metadata()
    {
        _asked.Add("meta");
        if (!line.TryGetProperty("meta", out var entries)) return null;
        if (entries.ValueKind != JsonValueKind.Object) throw Invalid("'meta' is no object");
        var metadata = new Metadata();
        int count = 0;
        foreach (var entry in entries.EnumerateObject())
        {
            if (++count > MostEntries || entry.Name.Length == 0 || Encoding.UTF8.GetByteCount(entry.Name) > MostNameBytes) throw Invalid($"'meta' has more than {MostEntries} entries, or a name that has not 1 to {MostNameBytes} bytes");
            string name = Core.Model.Metadata.UserPrefix + entry.Name;
            if (entry.Value.ValueKind == JsonValueKind.Number && entry.Value.TryGetInt64(out long number)) metadata.With(name, number);
            else if (entry.Value.ValueKind == JsonValueKind.String && entry.Value.GetString() is { } text && Encoding.UTF8.GetByteCount(text) <= MostTextBytes) metadata.With(name, text);
            else throw Invalid($"'{entry.Name}' of 'meta' is neither a text of at most {MostTextBytes} bytes nor a whole number");
        }

        return metadata;
    }

    /// <summary>Throws where a field was not asked for.</summary>
    public void Finish()
    {
        foreach (var field in line.EnumerateObject())
        {
            if (!_asked.Contains(field.Name)) throw Invalid($"'{(field.Name.Length <= 40 ? field.Name : field.Name[..40] + "…")}' is no field of this operation");
        }
    }

    private JsonElement? Of(string field, JsonValueKind kind)
    {
        _asked.Add(field);
        if (!line.TryGetProperty(field, out var value)) return null;
        return value.ValueKind == kind ? value : throw Invalid(kind == JsonValueKind.Array ? $"'{field}' is no list" : $"'{field}' is no object");
    }

    // The line is gone when the operation is made.
    private static ReadOnlyMemory<byte> BytesOf(JsonElement value) => JsonMarshal.GetRawUtf8Value(value).ToArray();

    public static SyncException Invalid(string what) => SyncErrors.LineInvalid.With(what);
}
