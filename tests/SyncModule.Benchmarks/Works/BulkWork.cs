using System.Diagnostics;
using SyncModule.Benchmarks.Children;
using SyncModule.Benchmarks.Machine;
using SyncModule.Benchmarks.Report;
using SyncModule.Benchmarks.Rivals;

namespace SyncModule.Benchmarks.Works;

/// <summary>One large file of random bytes between two running processes that are paired and unlocked.</summary>
internal sealed class BulkWork : IWork
{
    private const long FullSize = 524_288_000;

    private static readonly Figure ImportSend = new("bulk/import+send", "import + send, durable at the peer", "s");
    private static readonly Figure Transfer = new("bulk/transfer", "transfer alone of an imported vault", "s");
    private static readonly Figure CpuImportSend = new("bulk/cpu-import+send", "processor, both ends, import + send", "s/GB");
    private static readonly Figure CpuTransfer = new("bulk/cpu-transfer", "processor, both ends, transfer alone", "s/GB");
    private static readonly Figure MemorySender = new("bulk/memory-sender", "peak RssAnon of the sender", "MB");
    private static readonly Figure MemoryReceiver = new("bulk/memory-receiver", "peak RssAnon of the receiver", "MB");
    private static readonly Figure Rsync = new("bulk/rsync-fsync", "rsync daemon --fsync, clear text", "s", IsRival: true);
    private static readonly (Figure Figure, string Cipher)[] Ssh =
    [
        (new("bulk/rsync-ssh-aes128-gcm", "rsync over ssh, aes128-gcm", "s", IsRival: true), "aes128-gcm@openssh.com"),
        (new("bulk/rsync-ssh-chacha20", "rsync over ssh, chacha20-poly1305", "s", IsRival: true), "chacha20-poly1305@openssh.com"),
    ];

    public string Name => "bulk";

    public string About => "500 MB: import + send and transfer alone, against rsync; processor and memory of both ends";

    public void Run(BenchContext context)
    {
        context.Tell("bulk");
        long size = context.Quick ? FullSize / 10 : FullSize;
        string source = context.Scratch.NewFolder("bulk-source");
        string file = Path.Combine(source, "big");
        TestFiles.Random(file, size);
        using var sender = new NodeProcess();
        using var receiver = new NodeProcess();
        using var daemon = RsyncDaemon.Start(context, source);
        using var ssh = RsyncSsh.Start(context);
        string output = context.Scratch.New("bulk-output");

        // Imported once; each round sends it to a new replica that was paired while the vault was empty.
        var imported = VaultFolder.Create(context.Scratch, "bulk-imported");
        var replicas = Enumerable.Range(0, context.Rounds + 1).Select(i => imported.Pair(context.Scratch, "bulk-replica")).ToList();
        sender.Open(imported);
        sender.Ask(new("import") { Folder = source });
        sender.Close();

        // Round 0 is not counted: processes that run have met their code before.
        for (int round = 0; round <= context.Rounds; round++)
        {
            bool counts = round > 0;
            if (counts) context.Tell($" round {round}");
            MemoryWarmth.ReadThrough(file);
            ImportAndSend(context, sender, receiver, source, size, counts);
            if (daemon is not null && counts)
            {
                context.Settle(output);
                context.Note(Rsync, daemon.Copy("big", output));
            }

            SendOnly(context, sender, receiver, imported, replicas[round], size, counts);
            foreach (var (figure, cipher) in Ssh)
            {
                if (ssh is null || !counts) continue;
                context.Settle(output);
                context.Note(figure, ssh.Copy(cipher, file, output));
            }
        }

        imported.Delete();
        Directory.Delete(source, recursive: true);
        if (Directory.Exists(output)) Directory.Delete(output, recursive: true);
    }

    private static void ImportAndSend(BenchContext context, NodeProcess sender, NodeProcess receiver, string source, long size, bool counts)
    {
        var from = VaultFolder.Create(context.Scratch, "bulk-sender");
        var to = from.Pair(context.Scratch, "bulk-receiver");
        sender.Open(from);
        receiver.Open(to);
        sender.Follow(receiver.Serve());
        context.Settle();
        double before = sender.Processor + receiver.Processor;
        using var memory = sender.SampleMemoryWith(receiver);
        var import = sender.Ask(new("import") { Folder = source });
        long arrived = receiver.Ask(new("reached") { Held = import.Held }).End;
        double seconds = Stopwatch.GetElapsedTime(import.Start, Math.Max(import.End, arrived)).TotalSeconds;
        double processor = sender.Processor + receiver.Processor - before;
        var peaks = memory.Stop();
        Close(sender, receiver);
        from.Delete();
        to.Delete();
        if (!counts) return;
        context.Note(ImportSend, seconds);
        context.Note(CpuImportSend, processor / (size / 1e9));
        context.Note(MemorySender, peaks[0] / 1e6);
        context.Note(MemoryReceiver, peaks[1] / 1e6);
    }

    private static void SendOnly(BenchContext context, NodeProcess sender, NodeProcess receiver, VaultFolder imported, VaultFolder replica, long size, bool counts)
    {
        sender.Open(imported);
        receiver.Open(replica);
        string address = receiver.Serve();
        context.Settle();
        MemoryWarmth.ReadThrough(imported.Folder);
        double before = sender.Processor + receiver.Processor;
        var sync = sender.Ask(new("sync") { Address = address });
        long arrived = receiver.Ask(new("reached") { Held = sync.Held }).End;
        double processor = sender.Processor + receiver.Processor - before;
        Close(sender, receiver);
        replica.Delete();
        if (!counts) return;
        context.Note(Transfer, Stopwatch.GetElapsedTime(sync.Start, Math.Max(sync.End, arrived)).TotalSeconds);
        context.Note(CpuTransfer, processor / (size / 1e9));
    }

    private static void Close(NodeProcess sender, NodeProcess receiver)
    {
        sender.Close();
        receiver.Close();
    }
}
