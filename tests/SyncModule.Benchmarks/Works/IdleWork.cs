using System.Diagnostics;
using SyncModule.Benchmarks.Children;
using SyncModule.Benchmarks.Machine;
using SyncModule.Benchmarks.Report;
using SyncModule.Benchmarks.Rivals;

namespace SyncModule.Benchmarks.Works;

/// <summary>A sync that finds nothing to do, from an unlocked vault: connecting, the handshake, the comparison, the end.</summary>
internal sealed class IdleWork : IWork
{
    private const int Items = 10_000;
    private const int Samples = 5;

    private static readonly Figure TimeFigure = new("idle/time", "second sync, nothing to do", "ms");
    private static readonly Figure BytesFigure = new("idle/bytes", "bytes both ways behind the second handshake message", "B");
    private static readonly Figure Rsync = new("idle/rsync", "rsync daemon, the same files again", "ms", IsRival: true);

    public string Name => "idle";

    public string About => "second sync of a vault of 10,000 items with nothing to do, against rsync";

    public void Run(BenchContext context)
    {
        context.Tell("idle");
        string source = context.Scratch.NewFolder("idle-source");
        string files = Path.Combine(source, "files");
        TestFiles.Small(files, context.Quick ? Items / 10 : Items, 100);
        using var first = new NodeProcess();
        using var second = new NodeProcess();
        using var daemon = RsyncDaemon.Start(context, source);
        var from = VaultFolder.Create(context.Scratch, "idle-first");
        var to = from.Pair(context.Scratch, "idle-second");
        first.Open(from);
        second.Open(to);
        first.Ask(new("import") { Folder = files });
        string address = second.Serve();
        using var proxy = new DelayProxy(address, TimeSpan.Zero);
        for (int i = 0; i < 3; i++) first.Ask(new("sync") { Address = address }); // everything, then nothing, then met before
        string output = context.Scratch.New("idle-output");
        daemon?.Copy("files", output);
        for (int sample = 0; sample < Samples * context.Rounds; sample++)
        {
            var sync = first.Ask(new("sync") { Address = address });
            context.Note(TimeFigure, Stopwatch.GetElapsedTime(sync.Start, sync.End).TotalMilliseconds);
            if (daemon is not null) context.Note(Rsync, daemon.Copy("files", output) * 1000);
        }

        // Counted from behind msg2: the certificate in msg3, and what stands beside it there, counts as the sync's.
        first.Ask(new("sync") { Address = proxy.Address });
        Thread.Sleep(100); // the proxy sees the end
        context.Note(BytesFigure, proxy.Up.Bytes + proxy.Down.Bytes - proxy.Up.FirstMessage - proxy.Down.FirstMessage);
        Directory.Delete(source, recursive: true);
        if (Directory.Exists(output)) Directory.Delete(output, recursive: true);
    }
}
