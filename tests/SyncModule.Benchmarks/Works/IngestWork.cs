using System.Globalization;
using SyncModule.Benchmarks.Children;
using SyncModule.Benchmarks.Report;
using SyncModule.Benchmarks.Rivals;
using SyncModule.Engine.Vaults;

namespace SyncModule.Benchmarks.Works;

/// <summary>Durable puts of new 1 KB items a second, until the index has caught up with the last of them.</summary>
internal sealed class IngestWork : IWork
{
    private const int Callers = 64;

    private static readonly (int Batch, int Puts)[] Batches = [(1, 5_000), (100, 50_000), (1_000, 100_000)];
    private static readonly Figure ManyCallers = new("ingest/callers-64", "64 callers, one put each at a time", "/s");
    private static readonly Figure ManyThreads = new("ingest/threads-64", "64 threads, one put each at a time", "/s");
    private static readonly Figure Sqlite = new("ingest/sqlite-full-batch-1", "SQLite, WAL, synchronous=FULL, one by one", "/s", IsRival: true);

    public string Name => "ingest";

    public string About => "durable puts of 1 KB a second until the index has caught up: one by one, in batches and from 64 callers, against SQLite";

    public void Run(BenchContext context)
    {
        context.Tell("ingest");
        int share = context.Quick ? 10 : 1;
        var items = new Puts();
        for (int round = 0; round <= context.Rounds; round++)
        {
            bool counts = round > 0;
            if (counts) context.Tell($" round {round}");
            foreach (var (batch, puts) in Batches)
            {
                var figure = new Figure(string.Create(CultureInfo.InvariantCulture, $"ingest/batch-{batch}"), batch == 1 ? "one put a commit" : string.Create(CultureInfo.InvariantCulture, $"{batch:#,0} puts a commit"), "/s");
                double rate = InNewVault(context, vault => items.InBatches(vault, puts / share, batch), puts / share);
                if (counts) context.Note(figure, rate);
                if (batch > 1) continue;
                context.Settle();
                double rival = SqlitePuts.OneByOne(context.Scratch.New("sqlite"), items.Values, puts / share);
                if (counts) context.Note(Sqlite, rival);
            }

            double many = InNewVault(context, vault => items.FromCallers(vault, 60_000 / share, Callers), 60_000 / share);
            if (counts) context.Note(ManyCallers, many);
            double threads = InNewVault(context, vault => items.FromThreads(vault, 30_000 / share, Callers), 30_000 / share);
            if (counts) context.Note(ManyThreads, threads);
        }
    }

    private static double InNewVault(BenchContext context, Action<Vault> body, int puts)
    {
        var folder = VaultFolder.Create(context.Scratch, "ingest");
        double seconds;
        using (var vault = folder.Open())
        {
            context.Settle();
            seconds = BenchContext.Time(() =>
            {
                body(vault);
                vault.UpdateIndex();
            });
            long items = vault.Status().Items;
            if (items != puts) throw new InvalidOperationException($"The vault has {items} items after {puts} puts.");
        }

        folder.Delete();
        return puts / seconds;
    }
}
