using System.Diagnostics;
using System.Globalization;
using SyncModule.Benchmarks.Machine;
using SyncModule.Benchmarks.Report;

namespace SyncModule.Benchmarks;

/// <summary>What every work gets: options, a scratch folder, and where its figures go.</summary>
internal sealed record BenchContext(BenchOptions Options, Scratch Scratch, BenchRun Run, CancellationToken Cancellation)
{
    public int Rounds => Options.Rounds;

    public bool Quick => Options.Quick;

    public void Tell(string line)
    {
        Cancellation.ThrowIfCancellationRequested();
        Console.Error.WriteLine(line);
    }

    /// <summary>Makes the machine equal for every run: old outputs gone, the disk idle, and free memory really this machine's (<see cref="MemoryWarmth"/>).</summary>
    public void Settle(params string[] outputs)
    {
        Cancellation.ThrowIfCancellationRequested();
        foreach (string output in outputs)
        {
            if (Directory.Exists(output)) Directory.Delete(output, recursive: true);
            else File.Delete(output);
        }

        MemoryWarmth.SyncDisks();
        Thread.Sleep(300);
        MemoryWarmth.TouchAndFree(Quick ? 512L << 20 : 2500L << 20);
    }

    /// <summary>Seconds that <paramref name="body"/> took.</summary>
    public static double Time(Action body)
    {
        long start = Stopwatch.GetTimestamp();
        body();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Notes one round's value under a figure and tells it.</summary>
    public void Note(Figure figure, double value)
    {
        Run.Add(figure, value);
        Tell(string.Create(CultureInfo.InvariantCulture, $"  {figure.What}: {value:G4} {figure.Unit}"));
    }
}
