using System.Globalization;
using System.Text.Json;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// What is wanted of an item with fields, turned into operations over the state under the append lock. Fields are JSON pointers (RFC 6901).
/// Values were stored before: no lock is held while bytes are sealed.
/// </summary>
internal static class StructuredIntent
{
    /// <summary>The item's fields become exactly these. Only what differs is written: see <see cref="StructuredWrites.Changes"/>.</summary>
    /// <param name="collection">Its name.</param>
    /// <param name="key">The item's.</param>
    /// <param name="leaves">All fields, with their JSON.</param>
    /// <param name="values">The same fields as they were stored.</param>
    /// <param name="metadata">From the state; null keeps what shows.</param>
    public static ItemIntent Whole(string collection, string key, IReadOnlyList<Leaf> leaves, IReadOnlyDictionary<string, ItemValue> values, Func<KeyState?, Metadata?> metadata) =>
        Of(collection, key, (state, policy) =>
        {
            var whole = new Dictionary<string, ItemValue?>(StringComparer.Ordinal);
            var operations = new List<Operation>();
            var sets = (state?.Sets ?? []).ToDictionary(s => s.Path, StringComparer.Ordinal);
            foreach (var leaf in leaves)
            {
                // A set in whose place something else is written goes, below.
                if (sets.TryGetValue(leaf.Path, out var set) && ElementsOf(leaf.Json) is { } wanted && sets.Remove(leaf.Path)) Difference(state!, set, wanted, operations);
                else if (set is null && policy.SetPaths.Contains(leaf.Path) && DeclaredOf(leaf.Json) is { } declared) Take(StructuredWrites.Add(state, collection, key, leaf.Path, declared), operations);
                else whole[leaf.Path] = CounterOf(state, leaf) ?? (policy.CounterPaths.Contains(leaf.Path) && NumberOf(leaf.Json.Span) is { } number ? StructuredWrites.CounterAt(state, leaf.Path, number) : values[leaf.Path]);
            }

            foreach (var gone in sets.Values) Take(StructuredWrites.Remove(state, collection, key, gone.Path, gone.Elements.Select(e => e.Bytes)), operations);
            var changes = StructuredWrites.Changes(state, whole);
            foreach (var counter in state?.Counters ?? [])
            {
                if (!whole.ContainsKey(counter.Path) && state!.Find(counter.Path) is null) changes[counter.Path] = null;
            }

            var described = metadata(state);
            if (changes.Count > 0 || state is not { IsAlive: true } || !StructuredItem.IsStructured(state) || (described is not null && !Metadata.SameContent(described, View.Of(state).Winner?.Metadata)))
                operations.Insert(0, StructuredWrites.Patch(state, collection, key, changes, described));
            return operations;
        });

    /// <summary>Some fields change, and the item is made where there is none.</summary>
    /// <param name="collection">Its name.</param>
    /// <param name="key">The item's.</param>
    /// <param name="changes">Null removes a field.</param>
    /// <param name="metadata">From the state; null keeps what shows.</param>
    /// <param name="plain">The fields of a value that was stored as one piece; see <see cref="PlainValue"/>.</param>
    public static ItemIntent Patch(string collection, string key, IReadOnlyDictionary<string, ItemValue?> changes, Func<KeyState?, Metadata?> metadata, PlainValue? plain) =>
        Of(collection, key, (state, policy) =>
        {
            string[] written = [.. changes.Where(c => c.Value is not null).Select(c => c.Key)];
            var all = Base(state, key, plain, written);
            foreach (var (path, value) in changes)
            {
                bool counts = policy.CounterPaths.Contains(path) || state?.Counters.Any(c => c.Path == path) == true;
                all[path] = counts && value is not null && NumberOf(value) is { } number ? StructuredWrites.CounterAt(state, path, number) : value;
            }

            var operations = MakeRoom(state, written, changes.ContainsKey, all);
            operations.Insert(0, StructuredWrites.Patch(state, collection, key, all, metadata(state)));
            return operations;
        });

    /// <summary>Counters grow. One that was never set begins at 0.</summary>
    /// <inheritdoc cref="Patch"/>
    public static ItemIntent Increment(string collection, string key, IReadOnlyList<Increment> increments, PlainValue? plain) =>
        Of(collection, key, state =>
        {
            var begun = Base(state, key, plain, [.. increments.Select(i => i.Path)]);
            foreach (var (path, _) in increments)
            {
                if (state?.Sets.Any(s => s.Path == path) == true) throw SyncErrors.NotACounter.With($"'{path}' of '{key}' is a set");
                var shown = begun.GetValueOrDefault(path) ?? (state?.Find(path)?.First is { Alive: true } head ? head.Value : null);
                if (shown is { Counter: null } && NumberOf(shown) is null) throw SyncErrors.NotACounter.With($"'{path}' of '{key}' is no whole number");
                // What was counted before a deletion does not come back.
                if (shown is null && state?.Find(path) is not null) begun[path] = StructuredWrites.CounterAt(state, path, 0);
            }

            var room = MakeRoom(state, [.. increments.Select(i => i.Path)], _ => false, begun);
            List<Operation> operations = [.. Begin(state, collection, key, begun), .. room];
            operations.Add(StructuredWrites.Increment(collection, key, increments));
            return operations;
        });

    /// <summary>A counter becomes a number.</summary>
    /// <inheritdoc cref="Patch"/>
    public static ItemIntent SetCounter(string collection, string key, string path, long number, PlainValue? plain) =>
        Of(collection, key, state =>
        {
            var begun = Base(state, key, plain, [path]);
            begun.Remove(path);
            var room = MakeRoom(state, [path], p => p == path, begun);
            List<Operation> operations = [.. Begin(state, collection, key, begun), .. room];
            operations.Add(StructuredWrites.SetCounter(state, collection, key, path, number));
            return operations;
        });

    /// <summary>Elements come into a set or leave it; elements are compact JSON.</summary>
    /// <inheritdoc cref="Patch"/>
    public static ItemIntent Elements(string collection, string key, string path, IReadOnlyList<ReadOnlyMemory<byte>> added, IReadOnlyList<ReadOnlyMemory<byte>> removed, PlainValue? plain) =>
        Of(collection, key, state =>
        {
            if (added.Count == 0 && state is not { IsAlive: true }) return [];
            var begun = Base(state, key, plain, added.Count == 0 ? [] : [path]);
            IEnumerable<ReadOnlyMemory<byte>> all = added;
            if ((begun.GetValueOrDefault(path) ?? (state?.Find(path)?.First is { Alive: true } head ? head.Value : null)) is { } value)
            {
                // An array that was written as one value becomes a set: its elements are added, its cell goes.
                var old = value.IsDetached || value.Reference is not null || value.Counter is not null ? null : ElementsOf(value.Inline);
                if (old is null) throw SyncErrors.NotASet.With($"'{path}' of '{key}' is no short list");
                begun[path] = null;
                all = old.Concat(added).Where(e => !removed.Any(r => r.Span.SequenceEqual(e.Span)));
            }

            var room = all.Any() ? MakeRoom(state, [path], _ => false, begun) : [];
            List<Operation> operations = [.. Begin(state, collection, key, begun), .. room];
            if (all.Any()) operations.Add(StructuredWrites.Add(state, collection, key, path, all));
            Take(StructuredWrites.Remove(state, collection, key, path, removed), operations);
            return operations;
        });

    /// <summary>Everything under a prefix goes that is applied here; <paramref name="prefix"/> "" is the whole collection.</summary>
    public static ItemIntent RemoveTree(string collection, string prefix) =>
        new(collection, "", _ => null) { BuildAll = (_, point) => [StructuredWrites.RemoveTree(collection, prefix, point.Applied())] };

    private static ItemIntent Of(string collection, string key, Func<KeyState?, List<Operation>> build) => new(collection, key, _ => null) { BuildAll = (state, _) => build(state) };

    private static ItemIntent Of(string collection, string key, Func<KeyState?, CollectionPolicy, List<Operation>> build) =>
        new(collection, key, _ => null) { BuildAll = (state, point) => build(state, CollectionPolicy.Of(point.CollectionOf(collection))) };

    // An item that is not there, or that is one piece, first becomes an object.
    private static List<Operation> Begin(KeyState? state, string collection, string key, Dictionary<string, ItemValue?> begun)
    {
        bool isObject = state is { IsAlive: true } && (state.Item is null || state.Item.First.Value is null);
        return isObject && begun.Count == 0 ? [] : [StructuredWrites.Patch(state, collection, key, begun)];
    }

    // What stands above or below a written path goes, for only one of the two could show: cells and counters by DEL, sets element by element.
    // Were it left, it would show again later, or at once where its clock ran ahead.
    private static List<Operation> MakeRoom(KeyState? state, IReadOnlyList<string> written, Func<string, bool> isTaken, Dictionary<string, ItemValue?> cells)
    {
        var operations = new List<Operation>();
        if (state is not { IsAlive: true }) return operations;
        foreach (string path in state.Cells.Select(c => c.Path).Concat(state.Counters.Select(c => c.Path)).Where(p => p.Length > 0).Distinct(StringComparer.Ordinal))
        {
            if (state.Find(path) is not { } cell || cell.Heads.Any(h => h.Alive))
            {
                if (written.Any(w => StructuredWrites.AreNested(w, path))) cells.TryAdd(path, null);
            }
        }

        foreach (var set in state.Sets)
        {
            if (isTaken(set.Path) || written.Any(w => StructuredWrites.AreNested(w, set.Path)))
                Take(StructuredWrites.Remove(state, state.Collection, state.Key, set.Path, set.Elements.Select(e => e.Bytes)), operations);
        }

        return operations;
    }

    // The fields of a value of one piece, without those that could not stand beside a written one.
    private static Dictionary<string, ItemValue?> Base(KeyState? state, string key, PlainValue? plain, IReadOnlyList<string> written)
    {
        if (state is not { IsAlive: true, Item.First.Value: not null }) return new(StringComparer.Ordinal);
        if (plain is null || plain.Dot != state.Item.First.Dot) throw new PlainValueChangedException(key);
        var fields = plain.Fields ?? throw SyncErrors.NotStructured.With($"'{key}' is no object with fields");
        return fields.Where(f => !written.Any(w => StructuredWrites.AreNested(w, f.Key))).ToDictionary(f => f.Key, f => Begun(state, f.Key, f.Value), StringComparer.Ordinal);
    }

    // What was counted before the value was written as one piece does not come back with its fields.
    private static ItemValue? Begun(KeyState state, string path, ItemValue value) =>
        NumberOf(value) is { } number && state.Counters.Any(c => c.Path == path) ? StructuredWrites.CounterAt(state, path, number) : value;

    private static void Difference(KeyState state, ElementSet set, IReadOnlyList<ReadOnlyMemory<byte>> wanted, List<Operation> operations)
    {
        var missing = wanted.Where(w => set.Find(w.Span) is null).ToList();
        if (missing.Count > 0) operations.Add(StructuredWrites.Add(state, state.Collection, state.Key, set.Path, missing));
        Take(StructuredWrites.Remove(state, state.Collection, state.Key, set.Path, set.Elements.Select(e => e.Bytes).Where(e => !wanted.Any(w => w.Span.SequenceEqual(e.Span)))), operations);
    }

    private static void Take(Operation? operation, List<Operation> operations)
    {
        if (operation is not null) operations.Add(operation);
    }

    // A counter that is written as a number is set to it, unless it says that already.
    private static ItemValue? CounterOf(KeyState? state, Leaf leaf)
    {
        if (state?.Counters.FirstOrDefault(c => c.Path == leaf.Path) is not { } counter || NumberOf(leaf.Json.Span) is not { } number) return null;
        var value = state.Find(leaf.Path)?.First.Value;
        var start = value?.Counter ?? (value is not null && NumberOf(value) is { } plain ? new CounterBase(plain, []) : null);
        return counter.Total(start) == number && value is not null ? value : StructuredWrites.CounterAt(state, leaf.Path, number);
    }

    private static long? NumberOf(ItemValue value) => value.IsDetached || value.Reference is not null || value.Counter is not null ? null : NumberOf(value.Inline.Span);

    private static long? NumberOf(ReadOnlySpan<byte> json) =>
        long.TryParse(json, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) && Int128.Abs(number) <= IncrementDetail.MaxDelta ? number : null;

    // The elements of a list that is declared a set. An empty one, or one with a long element, is kept as it is.
    private static List<ReadOnlyMemory<byte>>? DeclaredOf(ReadOnlyMemory<byte> json) =>
        ElementsOf(json) is { Count: > 0 } elements && elements.TrueForAll(e => e.Length <= ElementDetail.MaxElementBytes) ? elements : null;

    private static List<ReadOnlyMemory<byte>>? ElementsOf(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Array ? [.. document.RootElement.EnumerateArray().Select(e => (ReadOnlyMemory<byte>)StructuredItem.LeafOf(e))] : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>The value of an item that was stored as one piece, read before the lock: its fields where it is a JSON object, as they were stored.</summary>
internal sealed record PlainValue(Dot Dot, IReadOnlyDictionary<string, ItemValue>? Fields);

/// <summary>The item's value is not the one that was read: read it again.</summary>
internal sealed class PlainValueChangedException(string key) : Exception("The value of '" + key + "' changed");
