using SyncModule.Commands.Vaults;
using SyncModule.Core.Merging;

namespace SyncModule.Commands.Collections;

/// <summary>Makes <see cref="SyncCollection"/> objects.</summary>
internal static class CollectionObjects
{
    public static SyncCollection Of(OpenVault open, string name)
    {
        var policy = open.Vault.PolicyOf(name);
        var derived = open.Vault.DerivedOf(name);
        return new()
        {
            Name = name,
            Policy = policy.Policy.DisplayName,
            Authority = AuthorityOf(open, policy.Policy),
            Exceptions = policy.Exceptions.Select(e => new SyncCollectionPattern { Pattern = e.Pattern, Policy = e.Policy.DisplayName, Authority = AuthorityOf(open, e.Policy), PolicyUnknown = !e.Policy.IsKnown }).ToArray(),
            Set = policy.SetPaths.Order(StringComparer.Ordinal).ToArray(),
            Counter = policy.CounterPaths.Order(StringComparer.Ordinal).ToArray(),
            Local = policy.LocalPaths.Order(StringComparer.Ordinal).ToArray(),
            Derived = derived is not null,
            Stale = derived?.IsStale,
            Made = derived?.Made?.ToLocalTime(),
            Computed = derived?.Items,
            Written = derived is null ? null : open.Vault.WrittenInto(name),
            PolicyUnknown = policy.HasUnknown,
            Vault = open.Name,
        };
    }

    private static string? AuthorityOf(OpenVault open, ItemPolicy policy) => policy.Authority is { } device ? open.Vault.DeviceName(device) : null;
}
