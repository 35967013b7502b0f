using System.Text.Json;
using SyncModule.Core.Model;

namespace SyncModule.Core.Tests.Merging;

/// <summary>Merge §5, Policies, by other means: the settings of a collection are the cells of its key "", the greatest head of each.</summary>
internal sealed class NaivePolicies(NaiveModel model)
{
    private static readonly (string Rule, DeviceId? Authority) Default = ("last-writer-wins", null);

    private readonly Dictionary<string, (string, DeviceId?)> _known = new(StringComparer.Ordinal);
    private List<(string Path, (string Rule, DeviceId? Authority) Policy)>? _settings;

    public (string Rule, DeviceId? Authority) Of(string key)
    {
        if (_known.TryGetValue(key, out var known)) return known;
        _settings ??= [.. model.Paths("").Where(p => p == "/policy" || (p.StartsWith("/patterns/", StringComparison.Ordinal) && p.Length > 10 && p.IndexOf('/', 10) < 0))
            .Select(p => (Path: p, Head: NaiveModel.Greatest(model.Heads("", p)))).Where(s => NaiveModel.Alive(s.Head, s.Path)).Select(s => (s.Path, Read(NaiveModel.Value(s.Head, s.Path)!)))];
        var fitting = _settings.Where(s => s.Path != "/policy").Select(s => (Pattern: Unescape(s.Path[10..]), s.Policy)).Where(s => Fits(s.Pattern, key))
            .OrderByDescending(s => s.Pattern.Count(c => c is not ('*' or '?'))).ThenByDescending(s => s.Pattern.Length).ThenBy(s => s.Pattern, StringComparer.Ordinal).ToList();
        var policy = fitting.Count > 0 ? fitting[0].Policy : _settings.Where(s => s.Path == "/policy").Select(s => s.Policy).DefaultIfEmpty(Default).First();
        return _known[key] = policy;
    }

    // What cannot be read is not known, and the default shows.
    private static (string, DeviceId?) Read(ItemValue value)
    {
        if (value.Reference is not null || value.Counter is not null || value.Inline.Length > 64) return Default;
        try
        {
            var parts = JsonDocument.Parse(value.Inline).RootElement;
            if (parts.ValueKind != JsonValueKind.Array || parts.GetArrayLength() < 2 || parts[1].ToString() != "1") return Default;
            string name = parts[0].GetString()!;
            if (name == "authority") return parts.GetArrayLength() == 3 ? (name, new DeviceId(Convert.FromBase64String(parts[2].GetString()!.Replace('-', '+').Replace('_', '/') + "="))) : Default;
            return name is "first-writer-wins" or "field-merge" or "manual" ? (name, null) : Default;
        }
        catch (JsonException)
        {
            return Default;
        }
    }

    // The pattern's first character decides what the rest has to fit; short names, so nobody minds the many ways of '*'.
    private static bool Fits(string pattern, string key) =>
        pattern.Length == 0 ? key.Length == 0
        : pattern[0] == '*' ? Enumerable.Range(0, key.Length + 1).Any(i => Fits(pattern[1..], key[i..]))
        : key.Length > 0 && (pattern[0] == '?' || pattern[0] == key[0]) && Fits(pattern[1..], key[1..]);

    private static string Unescape(string segment) => segment.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
}
