namespace SyncModule.Simulation.Checking;

/// <summary>An invariant did not hold. Not a SyncException, so that no code under test takes it for trouble of its own.</summary>
internal sealed class Violation(string invariant, string detail) : Exception(invariant + ": " + detail)
{
    public string Invariant { get; } = invariant;
}
