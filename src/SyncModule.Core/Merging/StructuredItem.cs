using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using SyncModule.Core.Model;

namespace SyncModule.Core.Merging;

/// <summary>One leaf of a structured value: a JSON pointer (RFC 6901) and the leaf as compact JSON in UTF-8. An array or an empty object is a leaf.</summary>
public readonly record struct Leaf(string Path, ReadOnlyMemory<byte> Json);

/// <summary>
/// Structured values (format-1 §7): a JSON object whose leaves are cells, so that two devices can change different fields of it. A cell's
/// path is a JSON pointer and its value compact JSON. Names are put in ordinal order: cells know none other.
/// </summary>
public static class StructuredItem
{
    /// <summary>Objects inside each other; what lies deeper is kept as one leaf.</summary>
    public const int MaxDepth = 16;

    private static readonly JsonWriterOptions Writing = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>How objects are written: nothing is escaped that need not be, for values are never put into a page.</summary>
    public static JsonSerializerOptions Compact { get; } = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>True when the item that shows is made of cells: its head has no value of its own.</summary>
    public static bool IsStructured(KeyState state) =>
        state.IsAlive && state.Item?.First is not { Value: not null } && (state.Cells.Count > 1 || state.Extras is not null || state.Item is null || state.Item.First.Kind == OperationKind.Patch);

    /// <summary>The leaves of a JSON object in ordinal order of their paths. Null when the text is no JSON object, or names a member twice.</summary>
    public static IReadOnlyList<Leaf>? LeavesOf(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new() { MaxDepth = 64 });
            if (document.RootElement.ValueKind != JsonValueKind.Object) return null;
            var leaves = new SortedDictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
            return Flatten(document.RootElement, "", 0, leaves) ? [.. leaves.Select(l => new Leaf(l.Key, l.Value))] : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A JSON value as cells and sets hold it; null when the text is none.</summary>
    public static byte[]? LeafOf(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return LeafOf(document.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The leaf as cells hold it.</summary>
    public static byte[] LeafOf(JsonElement element)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Writing)) element.WriteTo(writer);
        return stream.ToArray();
    }

    /// <summary>A text as cells and sets hold it.</summary>
    public static byte[] TextLeaf(string text)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Writing)) writer.WriteStringValue(text);
        return stream.ToArray();
    }

    /// <summary>
    /// The fields that a JSON merge patch (RFC 7396) changes: those of objects inside objects one by one, null (the value) = removed, an empty object that one leaf. Null
    /// when the text is no JSON object, or names a member twice.
    /// </summary>
    public static Dictionary<string, ReadOnlyMemory<byte>?>? MergePatch(ReadOnlyMemory<byte> json) =>
        LeavesOf(json)?.ToDictionary(l => l.Path, l => l.Json.Span.SequenceEqual("null"u8) ? (ReadOnlyMemory<byte>?)null : l.Json, StringComparer.Ordinal);

    /// <summary>What stands at a JSON pointer; null where nothing does. Elements of lists have no path.</summary>
    public static JsonNode? NodeAt(JsonObject root, string path)
    {
        JsonNode? at = root;
        foreach (string segment in path.Split('/').Skip(1)) at = (at as JsonObject)?[Unescape(segment)];
        return at;
    }

    /// <summary>Puts names into ordinal order again, as cells give them, also inside.</summary>
    public static void SortNames(JsonObject fields)
    {
        var sorted = fields.OrderBy(f => f.Key, StringComparer.Ordinal).ToList();
        fields.Clear();
        foreach (var (name, value) in sorted)
        {
            if (value is JsonObject inner) SortNames(inner);
            fields.Add(name, value);
        }
    }

    /// <summary>Takes what stands at a JSON pointer out of an object; nothing where nothing does.</summary>
    public static void Remove(JsonObject root, string path)
    {
        int last = path.LastIndexOf('/');
        if (NodeAt(root, path[..last]) is JsonObject above) above.Remove(Unescape(path[(last + 1)..]));
    }

    /// <summary>A JSON pointer's segment for a member's name (RFC 6901 §3).</summary>
    public static string Escape(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    /// <summary>
    /// The object that the state shows: of each cell the first head, counters with their bases, sets as arrays in the order of their
    /// elements. Of a live leaf and live cells below it the side with the head that stands first shows. A leaf that is no JSON shows as a string.
    /// </summary>
    /// <param name="state">As it shows: under the trees of its collection.</param>
    /// <param name="read">The bytes of a value: they may stand in an operation or in objects.</param>
    public static JsonObject ToJson(KeyState state, Func<ItemValue, ReadOnlyMemory<byte>> read)
    {
        var root = new JsonObject();
        foreach (var (path, shown) in Shown(state)) Set(root, path, shown.Node(read));
        return root;
    }

    /// <summary>Bytes of <see cref="ToJson"/> in UTF-8, without reading a value.</summary>
    public static long LengthOf(KeyState state)
    {
        long values = 0;
        int read = 0;
        var frame = ToJson(state, value =>
        {
            (values, read) = (values + value.Length, read + 1);
            return "0"u8.ToArray(); // one byte in its place
        });
        return System.Text.Encoding.UTF8.GetByteCount(frame.ToJsonString(Compact)) - read + values;
    }

    /// <summary>The paths that show, with what stands there; ascending.</summary>
    public static IReadOnlyList<string> PathsOf(KeyState state) => [.. Shown(state).Keys];

    private static SortedDictionary<string, ShownLeaf> Shown(KeyState state)
    {
        var leaves = new SortedDictionary<string, ShownLeaf>(StringComparer.Ordinal);
        foreach (var cell in state.Cells)
        {
            if (cell.Path.Length > 0 && cell.First is { Alive: true } head) leaves[cell.Path] = new(head, state.Counters.FirstOrDefault(c => c.Path == cell.Path), null);
        }

        foreach (var counter in state.Counters)
        {
            // A path whose head is a deletion was deleted as a counter too.
            if (state.Find(counter.Path) is null) leaves[counter.Path] = new(null, counter, null);
        }

        foreach (var set in state.Sets)
        {
            var greatest = set.Elements.SelectMany(e => e.Heads).Aggregate((a, b) => state.Policy.Compare(a, b) >= 0 ? a : b);
            if (!leaves.TryGetValue(set.Path, out var other) || state.Policy.Compare(greatest, other.Head ?? greatest) >= 0) leaves[set.Path] = new(greatest, null, set);
        }

        foreach (string path in leaves.Keys.ToArray()) Settle(path, leaves, state.Policy);
        return leaves;
    }

    // A leaf and cells below it cannot both show.
    private static void Settle(string path, SortedDictionary<string, ShownLeaf> leaves, ItemPolicy policy)
    {
        if (!leaves.TryGetValue(path, out var leaf)) return;
        string[] below = [.. leaves.Keys.Where(p => p.Length > path.Length && p[path.Length] == '/' && p.StartsWith(path, StringComparison.Ordinal))];
        if (below.Length == 0) return;
        bool leafShows = leaf.Head is { } own && below.All(p => leaves[p].Head is not { } other || policy.Compare(own, other) > 0);
        if (!leafShows) leaves.Remove(path);
        else foreach (string p in below) leaves.Remove(p);
    }

    private static bool Flatten(JsonElement element, string path, int depth, SortedDictionary<string, ReadOnlyMemory<byte>> leaves)
    {
        foreach (var member in element.EnumerateObject())
        {
            string at = path + "/" + Escape(member.Name);
            bool inner = member.Value.ValueKind == JsonValueKind.Object && depth + 1 < MaxDepth && member.Value.EnumerateObject().Any();
            if (inner ? !Flatten(member.Value, at, depth + 1, leaves) : !leaves.TryAdd(at, LeafOf(member.Value))) return false;
        }

        return true;
    }

    /// <summary>Puts a value at a JSON pointer; whatever stands above it and is no object goes.</summary>
    public static void Set(JsonObject root, string path, JsonNode? value)
    {
        string[] names = [.. path.Split('/').Skip(path.StartsWith('/') ? 1 : 0).Select(Unescape)];
        var at = root;
        for (int i = 0; i < names.Length - 1; i++)
        {
            if (at[names[i]] is not JsonObject inner) at[names[i]] = inner = [];
            at = inner;
        }

        at[names[^1]] = value;
    }

    /// <summary>The member's name of a segment.</summary>
    internal static string Unescape(string segment) => segment.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);

    /// <summary>What shows at one path; a counter without a head was only ever incremented.</summary>
    private sealed record ShownLeaf(Head? Head, Counter? Counter, ElementSet? Set)
    {
        public JsonNode? Node(Func<ItemValue, ReadOnlyMemory<byte>> read)
        {
            if (Set is not null) return new JsonArray([.. Set.Elements.Select(e => Parse(e.Bytes))]);
            if (Head is null) return Number(Counter!.Total(null));
            if (Head.Value is not { } value) return null;
            if (value.Counter is { } start) return Number(Counter?.Total(start) ?? start.Base);
            var node = Parse(read(value));
            // A number that was written before anybody counted is where the counting began.
            return Counter is not null && node is JsonValue number && number.TryGetValue(out long plain) ? Number(Counter.Total(new(plain, []))) : node;
        }

        private static JsonNode? Number(Int128 total) => JsonNode.Parse(total.ToString(CultureInfo.InvariantCulture));

        private static JsonNode? Parse(ReadOnlyMemory<byte> json)
        {
            try
            {
                return JsonNode.Parse(json.Span);
            }
            catch (JsonException)
            {
                return JsonValue.Create(System.Text.Encoding.UTF8.GetString(json.Span));
            }
        }
    }
}
