using System.Globalization;

namespace SyncModule.Benchmarks.Machine;

/// <summary>The peak of RssAnon of processes, from /proc, looked at every 10 ms. RssAnon is what the process itself holds: no page cache, no program text.</summary>
internal sealed class MemorySampler : IDisposable
{
    private readonly int[] _processes;
    private readonly long[] _peaks;
    private readonly Thread _thread;
    private volatile bool _stop;

    public MemorySampler(params int[] processes)
    {
        _processes = processes;
        _peaks = new long[processes.Length];
        _thread = new Thread(Run) { IsBackground = true, Name = "memory sampler" };
        _thread.Start();
    }

    /// <summary>Ends the sampling; bytes for each process, in the order they were named.</summary>
    public IReadOnlyList<long> Stop()
    {
        _stop = true;
        _thread.Join();
        return _peaks;
    }

    public void Dispose() => Stop();

    private void Run()
    {
        while (!_stop)
        {
            for (int i = 0; i < _processes.Length; i++) _peaks[i] = Math.Max(_peaks[i], AnonymousBytes(_processes[i]));
            Thread.Sleep(10);
        }
    }

    // 0 where there is no /proc, and for a process that has ended.
    private static long AnonymousBytes(int process)
    {
        try
        {
            foreach (string line in File.ReadLines($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/status"))
            {
                if (line.StartsWith("RssAnon:", StringComparison.Ordinal)) return long.Parse(line.AsSpan(8).TrimEnd("kB ").Trim(), NumberStyles.None, CultureInfo.InvariantCulture) << 10;
            }
        }
        catch (IOException)
        {
        }

        return 0;
    }
}
