using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Files;

/// <summary>
/// The one thing that every first import of a process waits for and that needs no file: compiling the code that hashes sixteen messages at a
/// time, which cannot be made ahead (docs/decisions/031). For who knows that files will come while somebody else still looks for the first.
/// </summary>
public static class FirstImport
{
    private const int SampleBytes = 256;

    private static int _begun;

    /// <summary>Begins it on a thread of its own and returns at once. Once a process: a further call does nothing.</summary>
    public static void Prepare()
    {
        if (Interlocked.Exchange(ref _begun, 1) != 0) return;
        _ = Task.Factory.StartNew(Hash, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private static void Hash()
    {
        var messages = new LaneMessage[LanePlan.AtOnce];
        for (int i = 0; i < messages.Length; i++) messages[i] = new(i * SampleBytes, SampleBytes);
        Lanes.Hash(new byte[messages.Length * SampleBytes], messages, new Core.Model.Id32[messages.Length]);
    }
}
