using System.Globalization;
using SyncModule.Commands.Syncing;
using SyncModule.Commands.Vaults;
using SyncModule.Engine.Maintenance;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Maintenance;

/// <summary>Makes <see cref="SyncOptimization"/> and <see cref="SyncDevice"/> objects, and says in words what would go.</summary>
internal static class OptimizationObjects
{
    public static SyncOptimization Of(OpenVault open, OptimizeResult result, bool whatIf) => new()
    {
        Vault = open.Name,
        WhatIf = whatIf,
        Deletions = result.Checkpoint.Deletions,
        Versions = result.Prune?.Commits ?? 0,
        VersionBytes = result.Prune?.CommitBytes ?? 0,
        Objects = result.Prune?.Objects ?? 0,
        ObjectBytes = result.Prune?.ObjectBytes ?? 0,
        Freed = result.Freed,
        WaitingFor = [.. result.WaitingFor.Select(d => open.Vault.DeviceName(d.Device))],
        Blocked = result.Blocked?.ErrorId,
        Devices = [.. result.Checkpoint.Devices.Select(d => Of(open, d))],
    };

    public static SyncDevice Of(OpenVault open, DeviceProgress device) => new()
    {
        Name = open.Vault.DeviceName(device.Device),
        DeviceId = device.Device.ToString(),
        IsThisDevice = device.Device == open.Vault.Device,
        Acknowledged = device.Device == open.Vault.Device ? null : device.Acknowledged?.ToDateTimeOffset().ToLocalTime(),
        Lacks = device.Lacks,
        Unseen = device.Unseen,
        Retired = device.Retired,
        Vault = open.Name,
    };

    /// <summary>For -WhatIf, -Confirm and the question: one line.</summary>
    public static string InWords(OptimizeResult plan)
    {
        var parts = new List<string>();
        if (plan.Checkpoint.Deletions > 0) parts.Add($"Forget {Count(plan.Checkpoint.Deletions, "deletion")} that every device has");
        var gone = new List<string>();
        if (plan.Prune is { Commits: > 0 } versions) gone.Add($"{Count(versions.Commits, "commit")} of replaced versions ({Sizes.Of(versions.CommitBytes)})");
        if (plan.Prune is { Objects: > 0 } objects) gone.Add($"{Count(objects.Objects, "object")} that no version names ({Sizes.Of(objects.ObjectBytes)})");
        if (gone.Count > 0) parts.Add($"{(parts.Count == 0 ? "T" : "t")}ake {string.Join(" and ", gone)} off this disk");
        return parts.Count == 0 ? "Optimize; there is nothing that can go now" : string.Join(" and ", parts);
    }

    /// <summary>What a person has to know who wonders why not more has gone: a sentence and what to type, for each device that is waited for.</summary>
    public static IEnumerable<string> Warnings(OpenVault open, OptimizeResult result)
    {
        foreach (var device in result.WaitingFor)
        {
            string name = open.Vault.DeviceName(device.Device);
            yield return device.Acknowledged is null
                ? $"Nothing is forgotten before {name} was heard: sync with it, or, if it is lost: Disable-SyncPeer {name} -Vault {open.Name}."
                : $"{name} has written {Count(device.Unseen, "commit")} that did not come here yet: sync with it, or, if it is lost: Disable-SyncPeer {name} -Vault {open.Name}.";
        }

        if (result.Blocked is { } blocked) yield return $"Nothing is taken from this disk: {blocked.Detail}. {Errors.NextSteps.For(blocked.Kind)}";
    }

    private static string Count(long count, string one) => string.Create(CultureInfo.InvariantCulture, $"{count:#,0} {one}{(count == 1 ? "" : "s")}");
}
