using System.Diagnostics;
using SyncModule.Benchmarks.Children;
using SyncModule.Benchmarks.Machine;
using SyncModule.Benchmarks.Report;
using SyncModule.Engine.Vaults;

namespace SyncModule.Benchmarks.Works;

/// <summary>A vault of 1,000,000 items of 1 KB in 1,000 commits, made once: opening it, listing it, making its index anew.</summary>
internal sealed class MillionWork : IWork
{
    private const int Items = 1_000_000;

    private static readonly Figure Open = new("million/open", "open, with the first get", "ms");
    private static readonly Figure List = new("million/list", "list all items", "s");
    private static readonly Figure Rebuild = new("million/rebuild", "open without an index: made anew from the log", "s");
    private static readonly Figure MemoryOpen = new("million/memory-open", "RssAnon peak of a process that opens it", "MB");

    private static readonly Figure MemoryList = new("million/memory-list", "RssAnon peak while it lists all", "MB");
    private static readonly Figure MemoryRebuild = new("million/memory-rebuild", "RssAnon peak while it makes the index anew", "MB");

    public string Name => "million";

    public string About => "a vault of 1,000,000 items: open, list, make the index anew";

    public void Run(BenchContext context)
    {
        context.Tell("million");
        int items = context.Quick ? Items / 50 : Items;
        var folder = VaultFolder.Create(context.Scratch, "million");
        using (var vault = folder.Open()) new Puts().InBatches(vault, items, 1_000);
        var small = VaultFolder.Create(context.Scratch, "million-warm");
        using (var vault = small.Open()) new Puts().InBatches(vault, 1_000, 1_000);
        for (int round = 1; round <= context.Rounds; round++)
        {
            context.Tell($" round {round}");
            using var process = new NodeProcess();
            // Another vault first: the code is met, as in a program that is compiled ahead of time.
            Opened(process, small);
            process.Close();
            context.Settle();
            MemoryWarmth.ReadThrough(Path.Combine(folder.Folder, VaultPaths.Index));
            using (var memory = new MemorySampler(process.Id))
            {
                context.Note(Open, Opened(process, folder) * 1000);
                context.Note(MemoryOpen, memory.Stop()[0] / 1e6);
            }

            using var listing = new MemorySampler(process.Id);
            var list = process.Ask(new("list"));
            context.Note(MemoryList, listing.Stop()[0] / 1e6);
            if (list.Bytes != items) throw new InvalidOperationException($"{list.Bytes} of {items} items are listed.");
            context.Note(List, Stopwatch.GetElapsedTime(list.Start, list.End).TotalSeconds);
            process.Close();
            foreach (string file in Directory.GetFiles(folder.Folder, VaultPaths.Index + "*")) File.Delete(file);
            context.Settle();
            using var making = new MemorySampler(process.Id);
            context.Note(Rebuild, Opened(process, folder));
            context.Note(MemoryRebuild, making.Stop()[0] / 1e6);
        }

        folder.Delete();
    }

    // With a get, so that nothing is put off until then.
    private static double Opened(NodeProcess process, VaultFolder folder)
    {
        var opened = process.Ask(new("open") { Folder = folder.Folder, Key = folder.KeyFile });
        var got = process.Ask(new("get") { Item = Puts.Key(0) });
        return (Stopwatch.GetElapsedTime(opened.Start, opened.End) + Stopwatch.GetElapsedTime(got.Start, got.End)).TotalSeconds;
    }
}
