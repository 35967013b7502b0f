using SyncModule.Core.Merging;

namespace SyncModule.Engine.Vaults;

/// <summary>What somebody wants changed of a collection's policy, in the words of the command line and of PowerShell.</summary>
public sealed record PolicyChange
{
    private const int MaxPatternBytes = 1024;

    /// <summary>The names that a policy may be given by.</summary>
    public static IReadOnlyList<string> Names { get; } = ["last-writer-wins", "first-writer-wins", "field-merge", "authority-wins", "server-wins", "client-wins", "manual", "owned"];

    /// <summary>One of <see cref="Names"/>; null leaves it.</summary>
    public string? Policy { get; init; }

    /// <summary>The device of authority-wins: its name, or the beginning of its id.</summary>
    public string? Authority { get; init; }

    /// <summary>Keys that the policy is for instead of the whole collection (<see cref="KeyPattern"/>).</summary>
    public IReadOnlyList<string> Patterns { get; init; } = [];

    /// <summary>Exceptions that end.</summary>
    public IReadOnlyList<string> RemovedPatterns { get; init; } = [];

    /// <summary>Fields, as JSON pointers, whose arrays are sets.</summary>
    public IReadOnlyList<string> Sets { get; init; } = [];

    /// <summary>Fields, as JSON pointers, whose numbers are counters.</summary>
    public IReadOnlyList<string> Counters { get; init; } = [];

    /// <summary>Fields, as JSON pointers, that no device sends; "/" = all.</summary>
    public IReadOnlyList<string> Local { get; init; } = [];

    /// <summary>Its items are computed on each device, or not any more; null leaves it.</summary>
    public bool? Derived { get; init; }

    /// <summary>Fields that are none of these any more.</summary>
    public IReadOnlyList<string> Plain { get; init; } = [];

    /// <summary>The settings that it means.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.PolicyInvalid"/>.</exception>
    internal IReadOnlyDictionary<string, byte[]?> Settings(Vault vault)
    {
        var settings = new Dictionary<string, byte[]?>(StringComparer.Ordinal);
        void Set(KeyValuePair<string, byte[]?> setting) => settings[setting.Key] = setting.Value;
        if (Policy is null && (Patterns.Count > 0 || Authority is not null)) throw SyncErrors.PolicyInvalid.With("A pattern or an authority without a policy says nothing");
        var policy = Policy is null ? null : PolicyOf(vault, Policy);
        foreach (string pattern in RemovedPatterns) Set(CollectionPolicy.Setting(CheckPattern(pattern), null));
        if (policy is not null && Patterns.Count == 0) Set(CollectionPolicy.Setting(policy));
        foreach (string pattern in Patterns) Set(CollectionPolicy.Setting(CheckPattern(pattern), policy));
        foreach (string path in Plain)
        {
            Set(CollectionPolicy.SetSetting(CheckPath(path), on: false));
            Set(CollectionPolicy.CounterSetting(path, on: false));
            Set(CollectionPolicy.LocalSetting(path, on: false));
        }

        if (Derived is { } derived) Set(CollectionPolicy.DerivedSetting(derived));
        foreach (string path in Local) Set(CollectionPolicy.LocalSetting(CheckPath(path), on: true));

        foreach (string path in Sets) Set(CollectionPolicy.SetSetting(CheckPath(path), on: true));
        foreach (string path in Counters) Set(CollectionPolicy.CounterSetting(CheckPath(path), on: true));
        if (Sets.Intersect(Counters, StringComparer.Ordinal).FirstOrDefault() is { } both) throw SyncErrors.PolicyInvalid.With($"'{both}' cannot be a set and a counter");
        return settings.Count > 0 ? settings : throw SyncErrors.PolicyInvalid.With("Nothing is to be changed");
    }

    private ItemPolicy PolicyOf(Vault vault, string name)
    {
        bool takesAuthority = name is "authority-wins" or "server-wins" or "client-wins";
        if (Authority is not null && !takesAuthority) throw SyncErrors.PolicyInvalid.With($"'{name}' has no authority");
        return name switch
        {
            "last-writer-wins" => ItemPolicy.Default,
            "first-writer-wins" => ItemPolicy.Of(PolicyRule.FirstWriterWins),
            "field-merge" => ItemPolicy.Of(PolicyRule.FieldMerge),
            "manual" => ItemPolicy.Of(PolicyRule.Manual),
            "owned" => ItemPolicy.Of(PolicyRule.Owned),
            _ when takesAuthority => ItemPolicy.Of(DeviceOf(vault, name)),
            _ => throw SyncErrors.PolicyInvalid.With($"There is no policy '{name}'"),
        };
    }

    private DeviceId DeviceOf(Vault vault, string policy)
    {
        if (Authority is not { Length: > 0 } wanted) throw SyncErrors.PolicyInvalid.With($"'{policy}' needs the device whose versions stand first");
        return vault.DeviceOf(wanted, SyncErrors.PolicyInvalid);
    }

    private static string CheckPattern(string pattern)
    {
        if (pattern.Length == 0 || System.Text.Encoding.UTF8.GetByteCount(pattern) > MaxPatternBytes) throw SyncErrors.PolicyInvalid.With($"A pattern has 1 to {MaxPatternBytes} bytes");
        return ItemName.Check(pattern);
    }

    private static string CheckPath(string path)
    {
        if (!path.StartsWith('/') || System.Text.Encoding.UTF8.GetByteCount(path) > MaxPatternBytes) throw SyncErrors.PolicyInvalid.With($"'{path}' is no field: it begins with '/', as in /name or /address/city");
        return ItemName.Check(path);
    }
}
