using System.Numerics;
using System.Text.Json.Nodes;
using SyncModule.Core.Model;

namespace SyncModule.Core.Tests.Merging;

/// <summary>What merge §5 shows of one item: whether it is there, waits for a person, and its value, by rules read from the page and no code of the product.</summary>
internal sealed class NaiveView
{
    private readonly NaiveModel _model;
    private readonly string _key;
    private readonly (string Rule, DeviceId? Authority) _policy;
    private readonly IReadOnlyList<WrittenOperation> _operations;
    private readonly string[] _paths;

    /// <param name="model">Of the collection.</param>
    /// <param name="operations">The item's, those that count.</param>
    /// <param name="key">The item's.</param>
    public NaiveView(NaiveModel model, IEnumerable<WrittenOperation> operations, string key)
    {
        (_model, _key, _policy) = (model, key, model.PolicyOf(key));
        _operations = [.. operations];
        _paths = [.. model.Paths(key).Where(p => model.Heads(key, p).Count > 0)];
    }

    /// <summary>Its policy leaves it to a person, and versions compete.</summary>
    public bool IsWaiting => _policy.Rule == "manual" && _paths.Any(p => _model.IsOpen(_key, p));

    /// <summary>Whether lists have it.</summary>
    public bool IsThere
    {
        get
        {
            if (IsWaiting) return true;
            if (_paths.Contains("")) return Alive("");
            return _paths.Any(p => _model.Shown(_key, p).Any(h => NaiveModel.Alive(h, p))) || Sums().Count > 0 || Sets().Count > 0;
        }
    }

    /// <summary>True when it is made of fields; else it has one value.</summary>
    public bool IsObject
    {
        get
        {
            if (!_paths.Contains("")) return true;
            var first = First("");
            return NaiveModel.Value(first, "") is null && (first.Operation.Kind == OperationKind.Patch || _paths.Length > 1 || Sums().Count > 0 || Sets().Count > 0);
        }
    }

    /// <summary>The one value; null where it has none.</summary>
    public ItemValue? Whole => NaiveModel.Value(First(""), "");

    /// <summary>The object, as JSON text.</summary>
    /// <param name="read">Bytes of a value that is not inline.</param>
    public string Json(Func<ItemValue, byte[]> read)
    {
        var sums = Sums();
        var shows = new SortedDictionary<string, (List<WrittenOperation> Heads, JsonNode? Node)>(StringComparer.Ordinal);
        foreach (string path in _paths.Where(p => p != "" && Alive(p))) shows[path] = ([First(path)], Cell(NaiveModel.Value(First(path), path)!, sums.GetValueOrDefault(path), read));
        foreach (var (path, logs) in sums)
        {
            if (!_paths.Contains(path)) shows[path] = ([], Number(logs.Values.Aggregate(BigInteger.Zero, (a, b) => a + b)));
        }

        foreach (var (path, elements) in Sets())
        {
            var heads = elements.SelectMany(e => e.Value).Distinct().ToList();
            if (shows.TryGetValue(path, out var other) && other.Heads.Count > 0 && !heads.Contains(NaiveModel.Ranked([.. heads, .. other.Heads], _policy)[0])) continue;
            shows[path] = ([NaiveModel.Ranked(heads, _policy)[0]], new JsonArray([.. elements.Keys.Select(e => Parse(Convert.FromHexString(e)))]));
        }

        foreach (string path in shows.Keys.ToArray())
        {
            if (!shows.TryGetValue(path, out var upper)) continue;
            string[] below = [.. shows.Keys.Where(p => p.StartsWith(path + "/", StringComparison.Ordinal))];
            if (below.Length == 0) continue;
            var lower = below.SelectMany(p => shows[p].Heads).ToList();
            // An operation that wrote both is not greater than itself.
            bool upperShows = upper.Heads.Count > 0 && lower.All(h => h != upper.Heads[0] && NaiveModel.Ranked([h, upper.Heads[0]], _policy)[0] == upper.Heads[0]);
            foreach (string gone in upperShows ? below : [path]) shows.Remove(gone);
        }

        return Tree(shows.Select(s => (s.Key[1..].Split('/'), s.Value.Node)).ToList()).ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }

    private static JsonObject Tree(List<(string[] Names, JsonNode? Node)> leaves)
    {
        var result = new JsonObject();
        foreach (var group in leaves.GroupBy(l => l.Names[0]))
        {
            string name = group.Key.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            result[name] = group.First().Names.Length == 1 ? group.First().Node : Tree([.. group.Select(l => (l.Names[1..], l.Node))]);
        }

        return result;
    }

    private static JsonNode? Cell(ItemValue value, SortedDictionary<string, long>? sums, Func<ItemValue, byte[]> read)
    {
        if (value.Counter is { } start)
        {
            BigInteger total = start.Base;
            foreach (var (log, sum) in sums ?? []) total += (BigInteger)sum - start.Seen.Where(s => s.Log.ToString() == log).Select(s => s.Sum).SingleOrDefault();
            return Number(total);
        }

        byte[] bytes = value.Reference is null ? value.Inline.ToArray() : read(value);
        var node = Parse(bytes);
        return sums is not null && node is JsonValue number && number.TryGetValue(out long whole) ? Number(sums.Values.Aggregate((BigInteger)whole, (a, b) => a + b)) : node;
    }

    private bool Alive(string path) => NaiveModel.Alive(First(path), path);

    private WrittenOperation First(string path) => NaiveModel.Ranked(_model.Shown(_key, path), _policy)[0];

    // Path → log → sum, modulo 2^64.
    private SortedDictionary<string, SortedDictionary<string, long>> Sums()
    {
        var sums = new SortedDictionary<string, SortedDictionary<string, long>>(StringComparer.Ordinal);
        foreach (var w in _operations)
        {
            foreach (var increment in (w.Operation.Detail as IncrementDetail)?.Increments ?? [])
            {
                if (!sums.TryGetValue(increment.Path, out var logs)) sums[increment.Path] = logs = new(StringComparer.Ordinal);
                logs[w.Origin.Log.ToString()] = unchecked(logs.GetValueOrDefault(w.Origin.Log.ToString()) + increment.Delta);
            }
        }

        return sums;
    }

    // Path → element → the additions that no tree had seen.
    private SortedDictionary<string, SortedDictionary<string, List<WrittenOperation>>> Sets()
    {
        var sets = new SortedDictionary<string, SortedDictionary<string, List<WrittenOperation>>>(StringComparer.Ordinal);
        foreach (string path in _operations.Select(w => w.Operation.Detail).OfType<ElementDetail>().SelectMany(d => d.Sets).Select(s => s.Path).Distinct())
        {
            var elements = new SortedDictionary<string, List<WrittenOperation>>(StringComparer.Ordinal);
            foreach (var (element, additions) in _model.Elements(_key, path))
            {
                if (additions.Where(a => _model.TreesOver(_key, a).Count == 0).ToList() is { Count: > 0 } left) elements[element] = left;
            }

            if (elements.Count > 0) sets[path] = elements;
        }

        return sets;
    }

    private static JsonNode? Number(BigInteger number) => JsonNode.Parse(number.ToString(System.Globalization.CultureInfo.InvariantCulture));

    private static JsonNode? Parse(byte[] json)
    {
        try
        {
            return JsonNode.Parse(json);
        }
        catch (System.Text.Json.JsonException)
        {
            return JsonValue.Create(System.Text.Encoding.UTF8.GetString(json));
        }
    }
}
