using System.Globalization;
using System.Security.Cryptography;
using SyncModule.Benchmarks.Children;
using SyncModule.Benchmarks.Report;
using SyncModule.Benchmarks.Rivals;
using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;

namespace SyncModule.Benchmarks.Works;

/// <summary>Durable puts of new 1 KB items a second, until the index has caught up with the last of them.</summary>
internal sealed class IngestWork : IWork
{
    private const int Callers = 64;

    private static readonly (int Batch, int Puts)[] Batches = [(1, 5_000), (100, 50_000), (1_000, 100_000)];
    private static readonly Figure ManyCallers = new("ingest/callers-64", "64 callers, one put each at a time", "/s");
    private static readonly Figure Sqlite = new("ingest/sqlite-full-batch-1", "SQLite, WAL, synchronous=FULL, one by one", "/s", IsRival: true);

    public string Name => "ingest";

    public string About => "durable puts of 1 KB a second, one by one, in batches and from 64 callers, against SQLite";

    public void Run(BenchContext context)
    {
        context.Tell("ingest");
        int share = context.Quick ? 10 : 1;
        byte[][] values = [.. Enumerable.Range(0, 1_000).Select(_ => RandomNumberGenerator.GetBytes(1024))];
        for (int round = 0; round <= context.Rounds; round++)
        {
            bool counts = round > 0;
            if (counts) context.Tell($" round {round}");
            foreach (var (batch, puts) in Batches)
            {
                var figure = new Figure(string.Create(CultureInfo.InvariantCulture, $"ingest/batch-{batch}"), batch == 1 ? "one put a commit" : string.Create(CultureInfo.InvariantCulture, $"{batch:#,0} puts a commit"), "/s");
                double rate = InNewVault(context, vault => PutBatches(vault, values, puts / share, batch), puts / share);
                if (counts) context.Note(figure, rate);
                if (batch > 1) continue;
                context.Settle();
                double rival = SqlitePuts.OneByOne(context.Scratch.New("sqlite"), values, puts / share);
                if (counts) context.Note(Sqlite, rival);
            }

            double many = InNewVault(context, vault => PutFromManyCallers(vault, values, 60_000 / share), 60_000 / share);
            if (counts) context.Note(ManyCallers, many);
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

    private static void PutBatches(Vault vault, byte[][] values, int puts, int batch)
    {
        for (int first = 0; first < puts; first += batch)
        {
            var intents = new ItemIntent[Math.Min(batch, puts - first)];
            for (int i = 0; i < intents.Length; i++) intents[i] = Intent(vault, first + i, values);
            vault.Commit([new(intents, [])]);
        }
    }

    private static void PutFromManyCallers(Vault vault, byte[][] values, int puts)
    {
        using var queue = new CommitQueue(vault);
        int next = -1;
        var callers = Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            for (int i = Interlocked.Increment(ref next); i < puts; i = Interlocked.Increment(ref next))
            {
                await queue.CommitAsync(new([Intent(vault, i, values)], [])).ConfigureAwait(false);
            }
        })).ToArray();
        Task.WaitAll(callers);
    }

    // What a caller has to do for each put: a name, the value, and the keyed hash of its content.
    private static ItemIntent Intent(Vault vault, int number, byte[][] values)
    {
        string key = "item/" + number.ToString("D8", CultureInfo.InvariantCulture);
        byte[] bytes = values[number % values.Length];
        var value = ItemValue.FromBytes(bytes);
        var content = vault.Keys.Genesis.ContentOf(Digest.Hash(bytes));
        return new("items", key, state => Writes.Put(state, "items", key, value, content: content));
    }
}
