using SyncModule.Core.Model;

namespace SyncModule.Core.Merging;

/// <summary>An exception of a collection's policy for the keys that a pattern fits.</summary>
public sealed record PatternPolicy(string Pattern, ItemPolicy Policy);

/// <summary>
/// What a collection says of its items, decoded from its state (format-1 §7, docs/decisions/086). Each setting is one cell, so two devices may
/// change different ones at once; of one that two devices set, the usual order shows. Never changed once made.
/// </summary>
public sealed class CollectionPolicy
{
    private const string PolicyPath = "/policy", Patterns = "/patterns/", Sets = "/sets/", Counters = "/counters/", Locals = "/local/", Derived = "/derived";

    private static readonly byte[] Yes = System.Text.Encoding.UTF8.GetBytes("true");

    private readonly PatternPolicy[] _patterns;
    private readonly HashSet<string> _sets = new(StringComparer.Ordinal), _counters = new(StringComparer.Ordinal), _locals = new(StringComparer.Ordinal);

    private CollectionPolicy(KeyState? state)
    {
        var patterns = new List<PatternPolicy>();
        foreach (var cell in state?.Cells ?? [])
        {
            if (cell.Path.Length == 0 || cell.First is not { Alive: true } head) continue;
            if (cell.Path == PolicyPath) Policy = ItemPolicy.Decode(head.Value);
            else if (cell.Path == Derived) IsDerived = true;
            else if (NameIn(cell.Path, Patterns) is { } pattern) patterns.Add(new(pattern, ItemPolicy.Decode(head.Value)));
            else if (NameIn(cell.Path, Sets) is { } set) _sets.Add(set);
            else if (NameIn(cell.Path, Counters) is { } counter) _counters.Add(counter);
            else if (NameIn(cell.Path, Locals) is { } local) _locals.Add(local);
            else HasUnknown = true;
        }

        patterns.Sort(static (a, b) => KeyPattern.CompareSpecific(a.Pattern, b.Pattern));
        _patterns = [.. patterns];
        HasUnknown |= !Policy.IsKnown || _patterns.Any(p => !p.Policy.IsKnown);
    }

    /// <summary>Where nothing was ever said.</summary>
    public static CollectionPolicy None { get; } = new(null);

    /// <summary>Of all keys that no pattern fits.</summary>
    public ItemPolicy Policy { get; } = ItemPolicy.Default;

    /// <summary>The one that decides where several fit stands first (<see cref="KeyPattern.CompareSpecific"/>).</summary>
    public IReadOnlyList<PatternPolicy> Exceptions => _patterns;

    /// <summary>Paths whose arrays are sets: elements come and go one by one.</summary>
    public IReadOnlySet<string> SetPaths => _sets;

    /// <summary>Paths whose numbers are counters from the first write on.</summary>
    public IReadOnlySet<string> CounterPaths => _counters;

    /// <summary>Paths that no device sends: values there, and below, stay where they were written (docs/decisions/103). "/" = all fields.</summary>
    public IReadOnlySet<string> LocalPaths => _locals;

    /// <summary>Its items are computed from others on each device, and no operation writes one (docs/decisions/125).</summary>
    public bool IsDerived { get; }

    /// <summary>True when objects are stored field by field without being asked.</summary>
    public bool WritesFields(string key) => _locals.Count > 0 || For(key).Rule == PolicyRule.FieldMerge;

    /// <summary>Whether a field stays on the device.</summary>
    public bool IsLocal(string path) => _locals.Count > 0 && _locals.Any(l => l == "/" || path == l || (path.Length > l.Length && path[l.Length] == '/' && path.StartsWith(l, StringComparison.Ordinal)));

    /// <summary>Whether an operation would send such a field. One that only removes it does not: it may have been sent before the setting.</summary>
    public bool Sends(Operation operation)
    {
        if (_locals.Count == 0 || operation.Key.Length == 0 || operation.Kind is OperationKind.Delete or OperationKind.Resolve) return false;
        // Bytes of a long value cannot be looked at any more, and a JSON object of one piece may hold any field.
        if (operation.Value is { } whole && (whole.Reference is not null || StructuredItem.LeavesOf(whole.Inline) is { } leaves && leaves.Any(l => IsLocal(l.Path)))) return true;
        if (operation.Cells.Any(c => c.Value is { } value && (IsLocal(c.Path) || (value.Counter is null && value.Reference is null && !value.IsDetached && HoldsLocal(c.Path, value.Inline))))) return true;
        return operation.Detail switch
        {
            IncrementDetail detail => detail.Increments.Any(i => IsLocal(i.Path)),
            ElementDetail detail when operation.Kind == OperationKind.Add => detail.Sets.Any(s => IsLocal(s.Path)),
            _ => false,
        };
    }

    // An object so deep that it is one field.
    private bool HoldsLocal(string path, ReadOnlyMemory<byte> json) => _locals.Any(l => l.StartsWith(path + "/", StringComparison.Ordinal)) && json.Span.Contains((byte)'{');

    /// <summary>A policy or a setting is not known here; items show by the default instead.</summary>
    public bool HasUnknown { get; }

    /// <summary>True when some record is owned by whoever writes it first.</summary>
    public bool MayOwn => Policy.Rule == PolicyRule.Owned || _patterns.Any(p => p.Policy.Rule == PolicyRule.Owned);

    /// <summary>True when some item may show, or be written, otherwise than by the default.</summary>
    public bool ChangesViews => Policy.Rule != PolicyRule.LastWriterWins || _patterns.Any(p => p.Policy.Rule != PolicyRule.LastWriterWins);

    /// <summary>True when versions of some item may wait for a person.</summary>
    public bool MayWait => Policy.Rule == PolicyRule.Manual || _patterns.Any(p => p.Policy.Rule == PolicyRule.Manual);

    public static CollectionPolicy Of(KeyState? collection) => collection is null || collection.Cells.Count <= 1 ? None : new(collection);

    /// <summary>The policy of one item.</summary>
    public ItemPolicy For(string key)
    {
        foreach (var exception in _patterns)
        {
            if (KeyPattern.Matches(exception.Pattern, key)) return exception.Policy;
        }

        return Policy;
    }

    /// <summary>The item as it shows under this; the same object nearly always.</summary>
    public KeyState Show(KeyState item) => item.Key.Length == 0 || !ChangesViews || IsPlain(item) ? item : item.Under(For(item.Key));

    /// <summary>True when both say the same of every item's view.</summary>
    public bool ShowsAs(CollectionPolicy other) => Policy == other.Policy && _patterns.SequenceEqual(other._patterns);

    /// <summary>
    /// The operation that changes some settings over what is set: see the paths below. Null removes a setting. Null when nothing would change.
    /// </summary>
    public static Operation? Write(KeyState? collection, string name, IReadOnlyDictionary<string, byte[]?> settings)
    {
        var changes = new Dictionary<string, ItemValue?>(StringComparer.Ordinal);
        foreach (var (path, value) in settings)
        {
            var cell = collection?.Find(path);
            var wanted = value is null ? null : ItemValue.FromBytes(value);
            // Settings that compete are decided by setting them again.
            if (cell is null ? wanted is null : !cell.IsOpen && cell.First.Alive == wanted is not null && Equals(cell.First.Value, wanted)) continue;
            changes.Add(path, wanted);
        }

        return changes.Count == 0 ? null : StructuredWrites.Patch(collection, name, "", changes) with { Kind = OperationKind.Policy, Metadata = null };
    }

    /// <summary>The operation that sets again what one version says, wherever it competes; null when it competes nowhere.</summary>
    public static Operation? Choose(KeyState? collection, string name, Dot version)
    {
        var settings = new Dictionary<string, byte[]?>(StringComparer.Ordinal);
        foreach (var cell in collection?.Cells ?? [])
        {
            if (cell.Path.Length > 0 && cell.IsOpen && cell.Find(version) is { } head) settings[cell.Path] = head.Value?.Inline.ToArray();
        }

        return Write(collection, name, settings);
    }

    public static KeyValuePair<string, byte[]?> Setting(ItemPolicy? policy) => new(PolicyPath, policy?.Encode());

    public static KeyValuePair<string, byte[]?> Setting(string pattern, ItemPolicy? policy) => new(Patterns + StructuredItem.Escape(pattern), policy?.Encode());

    public static KeyValuePair<string, byte[]?> SetSetting(string path, bool on) => new(Sets + StructuredItem.Escape(path), on ? Yes : null);

    public static KeyValuePair<string, byte[]?> CounterSetting(string path, bool on) => new(Counters + StructuredItem.Escape(path), on ? Yes : null);

    public static KeyValuePair<string, byte[]?> LocalSetting(string path, bool on) => new(Locals + StructuredItem.Escape(path), on ? Yes : null);

    public static KeyValuePair<string, byte[]?> DerivedSetting(bool on) => new(Derived, on ? Yes : null);

    // One version of one piece: whatever the rule, there is nothing to choose.
    private static bool IsPlain(KeyState item) => item.Extras is null && item.Cells.Count <= 1 && (item.Cells.Count == 0 || item.Cells[0].Heads.Count == 1);

    private static string? NameIn(string path, string group)
    {
        if (!path.StartsWith(group, StringComparison.Ordinal) || path.Length == group.Length || path.IndexOf('/', group.Length) >= 0) return null;
        return StructuredItem.Unescape(path[group.Length..]);
    }
}
