using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Vaults;

/// <summary>What callers give of parts of items, checked and stored before any lock; the same for a single change and for one within a transaction.</summary>
internal static class StructuredArguments
{
    /// <summary>All fields of an object.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.NotStructured"/>.</exception>
    public static IReadOnlyList<Leaf> Leaves(ReadOnlyMemory<byte> json) => StructuredItem.LeavesOf(json) ?? throw SyncErrors.NotStructured.With("The value is no JSON object");

    /// <summary>All fields of an object, apart: those that are sent, and those that stay on the device (null where the collection has none such).</summary>
    public static (IReadOnlyList<Leaf> Shared, Dictionary<string, ReadOnlyMemory<byte>?>? Local) Apart(IReadOnlyList<Leaf> leaves, CollectionPolicy policy)
    {
        if (policy.LocalPaths.Count == 0) return (leaves, null);
        return ([.. leaves.Where(l => !policy.IsLocal(l.Path))], leaves.Where(l => policy.IsLocal(l.Path)).ToDictionary(l => l.Path, l => (ReadOnlyMemory<byte>?)l.Json, StringComparer.Ordinal));
    }

    /// <summary>The same of fields that change; checked, so that nothing is stored of what is refused.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.NameInvalid"/>, <see cref="SyncErrors.NotStructured"/>.</exception>
    public static (IReadOnlyDictionary<string, ReadOnlyMemory<byte>?> Shared, Dictionary<string, ReadOnlyMemory<byte>?>? Local) Apart(IReadOnlyDictionary<string, ReadOnlyMemory<byte>?> changes, CollectionPolicy policy)
    {
        var local = new Dictionary<string, ReadOnlyMemory<byte>?>(StringComparer.Ordinal);
        foreach (var (path, json) in policy.LocalPaths.Count == 0 ? [] : changes.Where(c => policy.IsLocal(c.Key)))
        {
            CheckPath(path);
            local[path] = json is { } value ? JsonOf(value) : (ReadOnlyMemory<byte>?)null;
        }

        // A field that was sent before it became local is removed there too.
        return local.Count == 0 ? (changes, null) : (changes.Where(c => !local.ContainsKey(c.Key)).ToDictionary(c => c.Key, c => c.Value, StringComparer.Ordinal), local);
    }

    /// <summary>Fields that change, as they are stored; null removes one.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.NameInvalid"/>, <see cref="SyncErrors.NotStructured"/>.</exception>
    public static Dictionary<string, ItemValue?> Store(ValueWriter writer, IReadOnlyDictionary<string, ReadOnlyMemory<byte>?> changes)
    {
        foreach (string path in changes.Keys) CheckPath(path);
        Leaf[] leaves = [.. changes.Where(f => f.Value is not null).Select(f => new Leaf(f.Key, JsonOf(f.Value!.Value)))]; // all are checked before one is stored
        var values = Store(writer, leaves);
        return changes.Keys.ToDictionary(path => path, path => values.GetValueOrDefault(path), StringComparer.Ordinal);
    }

    /// <summary>Fields as they are stored.</summary>
    public static Dictionary<string, ItemValue> Store(ValueWriter writer, IReadOnlyList<Leaf> leaves)
    {
        var values = new Dictionary<string, ItemValue>(StringComparer.Ordinal);
        foreach (var leaf in leaves) values.Add(leaf.Path, writer.Write(leaf.Json.Span).Value);
        foreach (string path in values.Keys) CheckPath(path);
        return values;
    }

    /// <exception cref="SyncException"><see cref="SyncErrors.NotACounter"/>, <see cref="SyncErrors.NameInvalid"/>.</exception>
    public static void Check(IReadOnlyList<Increment> increments)
    {
        foreach (var (path, delta) in increments)
        {
            CheckPath(path);
            if (delta is 0 or > IncrementDetail.MaxDelta or < -IncrementDetail.MaxDelta) throw SyncErrors.NotACounter.With("A counter grows by at most 2^53 at once, and not by 0");
        }

        if (increments.GroupBy(i => i.Path, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice) throw SyncErrors.NotACounter.With($"'{twice.Key}' is named twice");
    }

    /// <inheritdoc cref="Check(IReadOnlyList{Increment})"/>
    public static void Check(string path, long number)
    {
        CheckPath(path);
        // What numbers in JSON carry without loss, and what a counter can be set to as a field.
        if (number is > IncrementDetail.MaxDelta or < -IncrementDetail.MaxDelta) throw SyncErrors.NotACounter.With("A counter is set to at most 2^53");
    }

    /// <summary>Elements of a set, as equal ones have equal bytes.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.NotStructured"/>, <see cref="SyncErrors.ValueTooLarge"/>.</exception>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Elements(IReadOnlyList<ReadOnlyMemory<byte>> elements)
    {
        ReadOnlyMemory<byte>[] compact = [.. elements.Select(JsonOf)];
        if (compact.FirstOrDefault(e => e.Length > ElementDetail.MaxElementBytes) is { Length: > 0 } large) throw SyncErrors.ValueTooLarge.With($"An element of a set has {large.Length} bytes; {ElementDetail.MaxElementBytes} are allowed");
        return compact;
    }

    /// <exception cref="SyncException"><see cref="SyncErrors.NameInvalid"/>.</exception>
    public static void CheckPath(string path)
    {
        if (!path.StartsWith('/')) throw SyncErrors.NameInvalid.With($"'{path}' is no field: it begins with '/', as in /name or /address/city");
        ItemName.Check(path);
    }

    /// <summary>The error of an operation that holds a field which stays on the device.</summary>
    public static SyncException WouldBeSent(string collection, string key) => SyncErrors.FieldStaysLocal.With($"'{key}' would send a field that stays on each device of {collection}, or is of one piece that may hold one");

    // Equal values have equal bytes, however they were written down.
    private static ReadOnlyMemory<byte> JsonOf(ReadOnlyMemory<byte> json) => StructuredItem.LeafOf(json) ?? throw SyncErrors.NotStructured.With("The value of a field or an element is no JSON");
}
