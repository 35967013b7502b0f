namespace SyncModule.Daemon.Tests.Acceptance;

/// <summary>How much is done: enough for every change by default, the full figures with SYNCMODULE_ACCEPTANCE=full.</summary>
internal static class AcceptanceSize
{
    public static bool Full { get; } = Environment.GetEnvironmentVariable("SYNCMODULE_ACCEPTANCE") == "full";

    public static long TransferBytes => Full ? 500_000_000 : 48_000_000;

    /// <summary>For each of the four combinations of direction and victim.</summary>
    public static int KillsEach => Full ? 5 : 1;

    /// <summary>Printed, so that a failure can be had again: SYNCMODULE_SEED=N.</summary>
    public static int Seed { get; } = int.TryParse(Environment.GetEnvironmentVariable("SYNCMODULE_SEED"), out int seed) ? seed : Random.Shared.Next();
}
