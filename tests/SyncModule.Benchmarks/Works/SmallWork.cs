using System.Diagnostics;
using SyncModule.Benchmarks.Children;
using SyncModule.Benchmarks.Machine;
using SyncModule.Benchmarks.Report;
using SyncModule.Benchmarks.Rivals;

namespace SyncModule.Benchmarks.Works;

/// <summary>10,000 files of 1 KB in 100 folders between two running processes.</summary>
internal sealed class SmallWork : IWork
{
    private static readonly Figure ImportSend = new("small/import+send", "import + send, durable at the peer", "s");
    private static readonly Figure Import = new("small/import", "of it: until the import is durable here", "s");
    private static readonly Figure Rsync = new("small/rsync-fsync", "rsync daemon --fsync, clear text", "s", IsRival: true);

    private static readonly Figure ResticFigure = new("small/restic", "restic backup, into a repository on the same disk", "s", IsRival: true);
    private static readonly Figure Syncthing = new("small/syncthing", "Syncthing, scan asked for", "s", IsRival: true);

    public string Name => "small";

    public string About => "10,000 × 1 KB in 100 folders: import + send, against rsync, Syncthing and restic";

    public void Run(BenchContext context)
    {
        context.Tell("small");
        string source = context.Scratch.NewFolder("small-source");
        string files = Path.Combine(source, "files");
        int count = context.Quick ? 1_000 : 10_000, folders = context.Quick ? 10 : 100;
        TestFiles.Small(files, count, folders);
        using var sender = new NodeProcess();
        using var receiver = new NodeProcess();
        using var daemon = RsyncDaemon.Start(context, source);
        using var syncthing = SyncthingPair.Start(context);
        var restic = Restic.Find(context);
        string output = context.Scratch.New("small-output");
        for (int round = 0; round <= context.Rounds; round++)
        {
            bool counts = round > 0;
            if (counts) context.Tell($" round {round}");
            MemoryWarmth.ReadThrough(files);
            ImportAndSend(context, sender, receiver, files, counts);
            if (!counts) continue;
            if (daemon is not null)
            {
                context.Settle(output);
                context.Note(Rsync, daemon.Copy("files", output));
            }

            if (restic is not null)
            {
                context.Settle(output);
                restic.Prepare(output);
                context.Note(ResticFigure, restic.Backup(output, files));
            }

            if (syncthing is null) continue;
            string moved = context.Scratch.New("small-moved");
            TestFiles.Small(moved, count, folders);
            context.Settle(output);
            context.Note(Syncthing, syncthing.Folder(moved, count));
        }

        Directory.Delete(source, recursive: true);
        if (Directory.Exists(output)) Directory.Delete(output, recursive: true);
    }

    private static void ImportAndSend(BenchContext context, NodeProcess sender, NodeProcess receiver, string files, bool counts)
    {
        var from = VaultFolder.Create(context.Scratch, "small-sender");
        var to = from.Pair(context.Scratch, "small-receiver");
        sender.Open(from);
        receiver.Open(to);
        sender.Follow(receiver.Serve());
        context.Settle();
        var import = sender.Ask(new("import") { Folder = files });
        long arrived = receiver.Ask(new("reached") { Held = import.Held }).End;
        sender.Close();
        receiver.Close();
        from.Delete();
        to.Delete();
        if (!counts) return;
        context.Note(ImportSend, Stopwatch.GetElapsedTime(import.Start, Math.Max(import.End, arrived)).TotalSeconds);
        context.Note(Import, Stopwatch.GetElapsedTime(import.Start, import.End).TotalSeconds);
    }
}
