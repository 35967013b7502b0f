using System.Buffers.Text;
using System.Text.Json;
using SyncModule.Core.Model;

namespace SyncModule.Core.Merging;

/// <summary>How versions that compete are shown. It chooses a view and never changes state (format-1 §7).</summary>
public enum PolicyRule
{
    LastWriterWins,

    /// <summary>The least of the concurrent heads shows; writing what is there already is refused.</summary>
    FirstWriterWins,

    /// <summary>Objects are written field by field, so concurrent changes of different fields stand together.</summary>
    FieldMerge,

    /// <summary>Heads of one device stand before all others.</summary>
    AuthorityWins,

    /// <summary>Versions that compete wait for a person.</summary>
    Manual,

    /// <summary>Each root record has an owner: whoever writes one first owns it. Who that is, is said by `own` operations (format-1 §9, docs/decisions/102); the view is the default.</summary>
    Owned,
}

/// <summary>
/// The policy of some items: [name, version, argument] in compact JSON of at most 64 bytes, so that it stands in the state itself. One of a name
/// or version that is not known here shows the default, and says so (docs/decisions/086).
/// </summary>
/// <param name="Rule">What applies here: the default where the policy is not known.</param>
/// <param name="Name">As it was set.</param>
/// <param name="Version">Of its meaning.</param>
/// <param name="Authority">Whose heads stand first; null in every rule but one.</param>
/// <param name="IsKnown">False: this version of the program shows the default instead.</param>
public sealed record ItemPolicy(PolicyRule Rule, string Name, ulong Version, DeviceId? Authority, bool IsKnown)
{
    private const string AuthorityName = "authority";

    private static readonly Dictionary<string, PolicyRule> Rules = new(StringComparer.Ordinal)
    {
        ["last-writer-wins"] = PolicyRule.LastWriterWins,
        ["first-writer-wins"] = PolicyRule.FirstWriterWins,
        ["field-merge"] = PolicyRule.FieldMerge,
        [AuthorityName] = PolicyRule.AuthorityWins,
        ["manual"] = PolicyRule.Manual,
        ["owned"] = PolicyRule.Owned,
    };

    /// <summary>Last writer wins, where nothing was said.</summary>
    public static ItemPolicy Default { get; } = Of(PolicyRule.LastWriterWins);

    public static ItemPolicy Of(PolicyRule rule) => new(rule, Rules.First(r => r.Value == rule).Key, 1, null, true);

    public static ItemPolicy Of(DeviceId authority) => new(PolicyRule.AuthorityWins, AuthorityName, 1, authority, true);

    /// <summary>The name that people give it.</summary>
    public string DisplayName => Rule == PolicyRule.AuthorityWins ? "authority-wins" : Name;

    /// <summary>Above 0 when <paramref name="left"/> stands before <paramref name="right"/>. Total, as <see cref="Head.CompareOrder"/>.</summary>
    public int Compare(Head left, Head right)
    {
        if (Rule == PolicyRule.FirstWriterWins) return Head.CompareOrder(right, left);
        if (Rule == PolicyRule.AuthorityWins)
        {
            int c = (left.Device == Authority).CompareTo(right.Device == Authority);
            if (c != 0) return c;
        }

        return Head.CompareOrder(left, right);
    }

    /// <summary>The value of its setting.</summary>
    public byte[] Encode() => System.Text.Encoding.UTF8.GetBytes(Authority is { } device
        ? $"[\"{Name}\",{Version},\"{Base64Url.EncodeToString(device.ToArray())}\"]"
        : $"[\"{Name}\",{Version}]");

    /// <summary>What a setting says. Whatever cannot be read is a policy that is not known.</summary>
    public static ItemPolicy Decode(ItemValue? value)
    {
        if (value is null || value.IsDetached || value.Reference is not null || value.Counter is not null) return Unknown("?", 0);
        try
        {
            using var document = JsonDocument.Parse(value.Inline);
            var parts = document.RootElement.ValueKind == JsonValueKind.Array ? document.RootElement.EnumerateArray().ToArray() : [];
            if (parts.Length < 2 || parts[0].ValueKind != JsonValueKind.String || parts[1].ValueKind != JsonValueKind.Number || !parts[1].TryGetUInt64(out ulong version)) return Unknown("?", 0);
            string name = parts[0].GetString()!;
            if (version != 1 || !Rules.TryGetValue(name, out var rule)) return Unknown(name, version);
            if (rule == PolicyRule.AuthorityWins) return parts.Length == 3 && DeviceOf(parts[2]) is { } device ? Of(device) : Unknown(name, version);
            return Of(rule);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return Unknown("?", 0);
        }
    }

    private static ItemPolicy Unknown(string name, ulong version) => Default with { Name = name, Version = version, IsKnown = false };

    private static DeviceId? DeviceOf(JsonElement element)
    {
        Span<byte> bytes = stackalloc byte[DeviceId.Size];
        return element.ValueKind == JsonValueKind.String && Base64Url.TryDecodeFromChars(element.GetString(), bytes, out int length) && length == DeviceId.Size ? new(bytes) : null;
    }
}
