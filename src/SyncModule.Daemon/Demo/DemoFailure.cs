namespace SyncModule.Daemon.Demo;

/// <summary>Something was not as it has to be: the demonstration ends with it, and with exit code 1.</summary>
internal sealed class DemoFailure(string message) : Exception(message);

/// <summary>One step that went well.</summary>
/// <param name="Name">What was done.</param>
/// <param name="Seconds">From start to end, processes included.</param>
/// <param name="Bytes">What was moved; 0 where nothing is measured.</param>
/// <param name="BytesPerSecond">Of the work itself, without the start of processes; 0 where nothing is measured.</param>
/// <param name="Result">What came of it.</param>
internal sealed record DemoStep(string Name, double Seconds, long Bytes, double BytesPerSecond, string Result);

/// <summary>What a step gives back. WorkSeconds: as the command itself measured it; null = the whole step.</summary>
internal sealed record DemoResult(string Result, long Bytes = 0, double? WorkSeconds = null);
