using SyncModule.Core.Merging;
using SyncModule.Engine.Vaults;

namespace SyncModule.LargeRuns.Hosts;

/// <summary>
/// What each item may hold: exactly the last value whose writing was acknowledged, or one that was tried after it and refused (a refusal
/// says nothing about whether it happened). Null stands for a deleted item, or one that never was.
/// </summary>
internal sealed class ExpectedItems
{
    public const string Collection = "items";

    private readonly SortedDictionary<string, List<byte[]?>> _items = new(StringComparer.Ordinal);
    private readonly HashSet<string> _onTheWay = new(StringComparer.Ordinal);

    public int Count => _items.Count;

    public ExpectedItems Copy()
    {
        var copy = new ExpectedItems();
        foreach (var (key, values) in _items) copy._items[key] = [.. values];
        copy._onTheWay.UnionWith(_onTheWay);
        return copy;
    }

    /// <summary>The caller was told that this is stored.</summary>
    public void Acknowledged(string key, byte[]? value)
    {
        _items[key] = [value];
        _onTheWay.Remove(key);
    }

    /// <summary>The caller was told that this failed.</summary>
    public void Refused(string key, byte[]? value)
    {
        if (!_items.TryGetValue(key, out var values)) _items[key] = values = [null];
        values.Add(value);
    }

    /// <summary>A peer has this; a round that was to bring it did not end well. Its bytes may come after its name.</summary>
    public void OnTheWay(string key, byte[]? value)
    {
        Refused(key, value);
        _onTheWay.Add(key);
    }

    /// <summary>A round has ended well since: nothing is under way any more.</summary>
    public void Arrived()
    {
        foreach (string key in _onTheWay) _items[key] = [_items[key][^1]];
        _onTheWay.Clear();
    }

    /// <summary>Looks up every item; returns the first that is lost or holds what nobody wrote there, as text. Throws what reading throws.</summary>
    public string? Check(Vault vault)
    {
        foreach (var (key, values) in _items)
        {
            if (!TryRead(vault, key, out byte[]? here)) continue;
            if (!values.Any(v => Same(v, here))) return $"'{key}' has {(here is null ? "no value" : $"{here.Length} bytes that")} nobody wrote, or lost an acknowledged one";
        }

        foreach (var item in vault.Items())
        {
            if (!_items.ContainsKey(item.Key)) return $"'{item.Key}' was never written";
        }

        return null;
    }

    // False when its bytes are still to come.
    private bool TryRead(Vault vault, string key, out byte[]? value)
    {
        value = null;
        if (vault.Find(Collection, key) is not { } state) return true;
        var view = View.Of(state);
        if (view.Status != ItemStatus.Item) return true;
        try
        {
            value = [.. vault.ReadValue(view.Winner!.Value!).SelectMany(p => p)];
            return true;
        }
        catch (SyncException e) when (e.Kind == SyncErrors.ContentNotHere && _onTheWay.Contains(key))
        {
            return false;
        }
    }

    private static bool Same(byte[]? a, byte[]? b) => a is null ? b is null : b is not null && a.AsSpan().SequenceEqual(b);
}
