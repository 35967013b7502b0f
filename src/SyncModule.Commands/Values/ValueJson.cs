using System.Collections;
using System.Collections.Specialized;
using System.Globalization;
using System.Management.Automation;
using System.Security;
using System.Text.Json;
using SyncModule.Commands.Vaults;

namespace SyncModule.Commands.Values;

/// <summary>
/// Values as JSON. Strings, booleans, null, whole numbers and lists are what they look like; a fraction always has a point or an
/// exponent. What JSON has no word for is an object with one name: {"$bytes": base64}, {"$date": ISO 8601}, {"$secure": text},
/// {"$credential": {user, password}}. A name of the user's that begins with $ gets a second one.
/// </summary>
internal static class ValueJson
{
    private const int MaxDepth = 64;
    private const string Bytes = "$bytes", Date = "$date", Moment = "$moment", Secure = "$secure", Credential = "$credential";

    private static readonly JsonWriterOptions Writing = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = MaxDepth };
    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = MaxDepth };

    /// <summary>
    /// True when reading gives back the same types: inside, all maps are of the outermost one's kind, numbers are Int32, larger Int64 or
    /// Double, and nothing is deeper than <paramref name="depth"/>.
    /// </summary>
    public static bool IsLossless(object? value, string kind, int depth)
    {
        if (depth < 0) return false;
        switch (Unwrap(value))
        {
            case null or string or bool or int or double or DateTime or DateTimeOffset or byte[] or SecureString or PSCredential:
                return true;
            case long number:
                return number is < int.MinValue or > int.MaxValue;
            case IOrderedDictionary map:
                return kind == ValueKind.Ordered && AllFit(map, kind, depth);
            case Hashtable map:
                return kind == ValueKind.Map && AllFit(map, kind, depth);
            case object?[] list:
                return Array.TrueForAll(list, v => IsLossless(v, kind, depth - 1));
            case PSObject o:
                return kind == ValueKind.Object && IsPlain(o) && o.Properties.All(p => IsLossless(p.Value, kind, depth - 1));
            default:
                return false;
        }
    }

    public static byte[] Write(object? value, int depth)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Writing)) Write(writer, value, depth);
        return buffer.ToArray();
    }

    public static object Read(byte[] json, string kind)
    {
        using var document = JsonDocument.Parse(json, Reading);
        return Read(document.RootElement, kind) ?? throw new JsonException("null stands alone");
    }

    private static bool AllFit(IDictionary map, string kind, int depth) => map.Cast<DictionaryEntry>().All(e => e.Key is string && IsLossless(e.Value, kind, depth - 1));

    // Notes alone: an object of another class has more than its properties.
    private static bool IsPlain(PSObject o) => o.BaseObject is PSCustomObject && o.TypeNames.Count > 0 && o.TypeNames[0] is "System.Management.Automation.PSCustomObject" && o.Properties.All(p => p.MemberType == PSMemberTypes.NoteProperty);

    private static object? Unwrap(object? value) => value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value;

    private static void Write(Utf8JsonWriter writer, object? value, int depth)
    {
        switch (Unwrap(value))
        {
            case null: writer.WriteNullValue(); break;
            case string text: writer.WriteStringValue(text); break;
            case bool flag: writer.WriteBooleanValue(flag); break;
            case int number: writer.WriteNumberValue(number); break;
            case long number: writer.WriteNumberValue(number); break;
            case double number: WriteDouble(writer, number); break;
            case DateTime time: WriteTagged(writer, Date, time.ToString("O", CultureInfo.InvariantCulture)); break;
            case DateTimeOffset time: WriteTagged(writer, Moment, time.ToString("O", CultureInfo.InvariantCulture)); break;
            case byte[] bytes: WriteTagged(writer, Bytes, Convert.ToBase64String(bytes)); break;
            case SecureString secret: SecureText.Use(secret, text => { writer.WriteStartObject(); writer.WriteString(Secure, text); writer.WriteEndObject(); return 0; }); break;
            case PSCredential credential: WriteCredential(writer, credential); break;
            case IDictionary map: WriteMap(writer, map.Cast<DictionaryEntry>().Select(e => ((string)e.Key, e.Value)), map is IOrderedDictionary, depth); break;
            case PSObject o: WriteMap(writer, o.Properties.Select(p => (p.Name, (object?)p.Value)), inOrder: true, depth); break;
            case object?[] list:
                writer.WriteStartArray();
                foreach (object? item in list) Write(writer, item, depth - 1);
                writer.WriteEndArray();
                break;
            case { } other: throw SyncErrors.ValueUnsupported.With($"A {other.GetType().Name} cannot be stored as JSON");
        }
    }

    // A hashtable has no order of its own: sorted, so that equal ones have equal bytes and are no conflict.
    private static void WriteMap(Utf8JsonWriter writer, IEnumerable<(string Name, object? Value)> entries, bool inOrder, int depth)
    {
        writer.WriteStartObject();
        foreach (var (name, value) in inOrder ? entries : entries.OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            writer.WritePropertyName(name.StartsWith('$') ? "$" + name : name);
            Write(writer, value, depth - 1);
        }

        writer.WriteEndObject();
    }

    private static void WriteTagged(Utf8JsonWriter writer, string tag, string text)
    {
        writer.WriteStartObject();
        writer.WriteString(tag, text);
        writer.WriteEndObject();
    }

    private static void WriteCredential(Utf8JsonWriter writer, PSCredential credential)
    {
        writer.WriteStartObject();
        writer.WriteStartObject(Credential);
        writer.WriteString("user", credential.UserName);
        SecureText.Use(credential.Password, text => { writer.WriteString("password", text); return 0; });
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteDouble(Utf8JsonWriter writer, double number)
    {
        if (!double.IsFinite(number)) throw SyncErrors.ValueUnsupported.With("JSON has no infinite numbers");
        string text = number.ToString("R", CultureInfo.InvariantCulture);
        writer.WriteRawValue(text.AsSpan().IndexOfAny(".eE") < 0 ? text + ".0" : text);
    }

    private static object? Read(JsonElement element, string kind) => element.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number => ReadNumber(element),
        JsonValueKind.Array => element.EnumerateArray().Select(e => Read(e, kind)).ToArray(),
        _ => ReadObject(element, kind),
    };

    private static object ReadNumber(JsonElement element)
    {
        string text = element.GetRawText();
        if (text.AsSpan().IndexOfAny(".eE") >= 0) return element.GetDouble();
        // Not one expression for both: it would make the Int32 an Int64.
        if (element.TryGetInt32(out int small)) return small;
        return element.GetInt64();
    }

    private static object ReadObject(JsonElement element, string kind)
    {
        var names = element.EnumerateObject().ToList();
        if (names.Count == 1 && names[0].Name is ['$', not '$', ..]) return ReadTagged(names[0]);
        var entries = names.Select(n => (Name: n.Name.StartsWith("$$", StringComparison.Ordinal) ? n.Name[1..] : n.Name, Value: Read(n.Value, kind)));
        switch (kind)
        {
            case ValueKind.Object:
                var o = new PSObject();
                foreach (var (name, value) in entries) o.Properties.Add(new PSNoteProperty(name, value));
                return o;
            case ValueKind.Ordered:
                var ordered = new OrderedDictionary(StringComparer.CurrentCultureIgnoreCase);
                foreach (var (name, value) in entries) ordered[name] = value;
                return ordered;
            default:
                var map = new Hashtable(StringComparer.CurrentCultureIgnoreCase);
                foreach (var (name, value) in entries) map[name] = value;
                return map;
        }
    }

    private static object ReadTagged(JsonProperty tagged)
    {
        string Text() => tagged.Value.GetString() ?? throw new JsonException("null for text");
        switch (tagged.Name)
        {
            case Bytes: return Convert.FromBase64String(Text());
            case Date: return DateTime.ParseExact(Text(), "O", CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);
            case Moment: return DateTimeOffset.ParseExact(Text(), "O", CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);
            case Secure: return SecureText.FromPlain(Text());
            case Credential:
                string user = tagged.Value.GetProperty("user").GetString() ?? throw new JsonException("null for a user");
                return new PSCredential(user, SecureText.FromPlain(tagged.Value.GetProperty("password").GetString()));
            default: throw new JsonException($"{tagged.Name} is unknown");
        }
    }
}
