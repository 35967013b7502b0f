using SyncModule.Engine.Vaults;

namespace SyncModule.LargeRuns.Failures;

/// <summary>One step of the scripted workload.</summary>
/// <param name="Name">For people and for --step.</param>
/// <param name="Act">Opens, arms, acts. Calls are counted from <see cref="Trial.Arm"/> on.</param>
internal sealed record Step(string Name, Action<Trial> Act)
{
    /// <summary>What happens before, without any failure.</summary>
    public Action<World>? Prepare { get; init; }

    /// <summary>The step may end without a vault: then one can be made in the same place.</summary>
    public bool Founds { get; init; }

    /// <summary>What can be done in any case once the disk works again.</summary>
    public Action<Vault>? Afterwards { get; init; }

    /// <summary>Something of the folder is damaged before: a repair from the peer has to heal it all the same.</summary>
    public bool Damaged { get; init; }
}
