using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Text;
using SyncModule.Commands.Values;
using SyncModule.Commands.Vaults;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Items;

/// <summary>
/// Changes of parts of one item, as a script gives them. A name that begins with / is a JSON pointer, any other the name of a field; a table in a
/// table goes one level down, and only what it names changes.
/// </summary>
internal sealed class ItemParts
{
    private readonly Dictionary<string, ReadOnlyMemory<byte>?> _fields = new(StringComparer.Ordinal);
    private readonly List<Increment> _increments = [];
    private readonly SortedDictionary<string, (List<ReadOnlyMemory<byte>> Added, List<ReadOnlyMemory<byte>> Removed)> _sets = new(StringComparer.Ordinal);
    private readonly int _depth;

    private ItemParts(int depth) => _depth = depth;

    /// <exception cref="SyncException"><see cref="SyncErrors.UsageWrong"/>, <see cref="SyncErrors.ValueUnsupported"/>, <see cref="SyncErrors.NotACounter"/>.</exception>
    public static ItemParts Of(IDictionary? patch, IEnumerable<string> unset, IDictionary? increment, IDictionary? add, IDictionary? remove, int depth)
    {
        var parts = new ItemParts(depth);
        foreach (DictionaryEntry entry in patch ?? new Hashtable()) parts.Set(PathOf("", entry.Key), entry.Value, depth);
        foreach (string path in unset) parts.SetField(PathOf("", path), null);
        foreach (DictionaryEntry entry in increment ?? new Hashtable()) parts._increments.Add(new(PathOf("", entry.Key), NumberOf(entry)));
        foreach (DictionaryEntry entry in add ?? new Hashtable()) parts.SetOf(entry.Key).Added.AddRange(parts.Elements(entry.Value));
        foreach (DictionaryEntry entry in remove ?? new Hashtable()) parts.SetOf(entry.Key).Removed.AddRange(parts.Elements(entry.Value));
        return parts._fields.Count + parts._increments.Count + parts._sets.Count > 0 ? parts : throw SyncErrors.UsageWrong.With("The tables are empty: there is nothing to change");
    }

    /// <summary>Makes the changes: one commit, or a part of the transaction that is open.</summary>
    public void Apply(OpenVault open, string collection, string name, bool overwrite)
    {
        if (open.Transaction is { } transaction) AddTo(transaction, collection, name, overwrite);
        else if (_increments.Count + _sets.Count == 0) open.Vault.Patch(collection, name, _fields, overwrite: overwrite);
        else if (_fields.Count + _sets.Count == 0) open.Vault.Increment(collection, name, _increments);
        else if (_fields.Count + _increments.Count == 0 && _sets.Count == 1) open.Vault.ChangeSet(collection, name, _sets.First().Key, _sets.First().Value.Added, _sets.First().Value.Removed);
        else
        {
            using var own = open.Vault.Begin();
            AddTo(own, collection, name, overwrite);
            own.Commit();
        }
    }

    private void AddTo(VaultTransaction transaction, string collection, string name, bool overwrite)
    {
        if (_fields.Count > 0) transaction.Patch(collection, name, _fields, overwrite: overwrite);
        if (_increments.Count > 0) transaction.Increment(collection, name, _increments);
        foreach (var (path, (added, removed)) in _sets) transaction.ChangeSet(collection, name, path, added, removed);
    }

    private void Set(string path, object? value, int depth)
    {
        object? plain = Unwrap(value);
        if (depth < 0) throw SyncErrors.ValueUnsupported.With($"What is given for '{path}' is deeper than -Depth {_depth}");
        var members = plain switch
        {
            IDictionary table => table.Cast<DictionaryEntry>().Select(e => (e.Key, e.Value)).ToList(),
            PSObject { BaseObject: PSCustomObject } o => o.Properties.Select(p => ((object)p.Name, (object?)p.Value)).ToList(),
            _ => null,
        };
        if (members is { Count: > 0 })
        {
            foreach (var (key, inner) in members) Set(PathOf(path, key), inner, depth - 1);
            return;
        }

        // A date or a secret is an object with a name of its own inside.
        byte[] json = Json(path, plain);
        foreach (var leaf in json[0] == '{' && members is null ? StructuredItem.LeavesOf(json)! : [new Leaf("", json)]) SetField(path + leaf.Path, leaf.Json);
    }

    private void SetField(string path, ReadOnlyMemory<byte>? json)
    {
        if (!_fields.TryAdd(path, json)) throw SyncErrors.UsageWrong.With($"The field {path} is named twice");
    }

    private (List<ReadOnlyMemory<byte>> Added, List<ReadOnlyMemory<byte>> Removed) SetOf(object key)
    {
        string path = PathOf("", key);
        return _sets.TryGetValue(path, out var set) ? set : _sets[path] = ([], []);
    }

    private IEnumerable<ReadOnlyMemory<byte>> Elements(object? value)
    {
        object? plain = Unwrap(value);
        object?[] elements = plain is string or byte[] or IDictionary or PSObject || plain is not IEnumerable list ? [plain] : [.. list.Cast<object?>()];
        return elements.Select(e => (ReadOnlyMemory<byte>)Json("an element", Unwrap(e)));
    }

    private byte[] Json(string what, object? plain) => plain switch
    {
        sbyte or byte or short or ushort or int or uint or long or ulong or decimal => Encoding.UTF8.GetBytes(Convert.ToString(plain, CultureInfo.InvariantCulture)!),
        _ => ValueJson.IsLossless(plain, KindOf(plain), _depth) ? ValueJson.Write(plain, _depth) : throw SyncErrors.ValueUnsupported.With($"What is given for {what} would not come back as it is"),
    };

    private static string KindOf(object? plain) => plain switch { System.Collections.Specialized.IOrderedDictionary => ValueKind.Ordered, PSObject => ValueKind.Object, _ => ValueKind.Map };

    private static object? Unwrap(object? value) => value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value;

    // As values write names: one that begins with $ gets a second one.
    private static string PathOf(string above, object key)
    {
        string name = LanguagePrimitives.ConvertTo<string>(key);
        if (above.Length == 0 && name.StartsWith('/')) return name;
        return above + "/" + StructuredItem.Escape(name.StartsWith('$') ? "$" + name : name);
    }

    private static long NumberOf(DictionaryEntry entry) =>
        LanguagePrimitives.TryConvertTo<long>(entry.Value, CultureInfo.InvariantCulture, out long number) && Unwrap(entry.Value) is not (double or float or decimal)
            ? number : throw SyncErrors.NotACounter.With($"'{entry.Key}' grows by a whole number");
}
