using SyncModule.Core.Merging;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>The policy of some keys as collection list shows it.</summary>
internal sealed record PolicyRow(string Pattern, string Policy, string? Authority, bool Known)
{
    public static PolicyRow Of(Vault vault, string pattern, ItemPolicy policy) =>
        new(pattern, policy.DisplayName, policy.Authority is { } device ? vault.DeviceName(device) : null, policy.IsKnown);

    public string Shown => (Known ? Policy : $"{Policy} (PolicyUnknown: the default shows)") + (Authority is null ? "" : ": " + Authority);
}

/// <summary>One collection as collection set and list show it. Field names are those of the contract.</summary>
internal sealed record CollectionRow(string Collection, string Policy, string? Authority, bool Known, IReadOnlyList<PolicyRow> Patterns, IReadOnlyList<string> Sets, IReadOnlyList<string> Counters, IReadOnlyList<string> Local, DerivedRow? Derived)
{
    public static CollectionRow Of(Vault vault, string name)
    {
        var policy = vault.PolicyOf(name);
        var whole = PolicyRow.Of(vault, "", policy.Policy);
        return new(name, whole.Policy, whole.Authority, !policy.HasUnknown, [.. policy.Exceptions.Select(e => PolicyRow.Of(vault, e.Pattern, e.Policy))],
            [.. policy.SetPaths.Order(StringComparer.Ordinal)], [.. policy.CounterPaths.Order(StringComparer.Ordinal)], [.. policy.LocalPaths.Order(StringComparer.Ordinal)],
            vault.DerivedOf(name) is { } derived ? DerivedRow.Of(derived, vault.WrittenInto(name)) : null);
    }

    /// <summary>A second table, where some are derived.</summary>
    public static void ShowDerived(ResultWriter output, IReadOnlyList<CollectionRow> rows)
    {
        var table = new TextTable("derived", ">items", "made", "state");
        foreach (var derived in rows.Select(r => r.Derived).OfType<DerivedRow>())
        {
            string written = derived.Written > 0 ? $", {Human.Count(derived.Written.Value, "item")} written into it" : "";
            table.Add(derived.Collection, derived.Items.ToString("#,0", System.Globalization.CultureInfo.InvariantCulture), derived.Made is { } made ? Human.Time(made) : "-", derived.Shown("") + written);
        }

        if (table.Rows == 0) return;
        output.Text("");
        output.Table(table);
    }

    public static TextTable NewTable() => new("collection", "keys", "policy", "sets", "counters", "local");

    public void AddTo(TextTable table, Vault vault)
    {
        table.Add(Collection, "*", PolicyRow.Of(vault, "", vault.PolicyOf(Collection).Policy).Shown, string.Join(' ', Sets), string.Join(' ', Counters), string.Join(' ', Local));
        foreach (var pattern in Patterns) table.Add("", pattern.Pattern, pattern.Shown, "", "", "");
    }
}
