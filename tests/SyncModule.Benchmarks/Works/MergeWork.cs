using System.Diagnostics;
using System.Globalization;
using System.Text;
using SyncModule.Benchmarks.Children;
using SyncModule.Benchmarks.Report;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;

namespace SyncModule.Benchmarks.Works;

/// <summary>What merging costs: changes until another device shows them, folding of all kinds mixed, explaining a key and opening in a vault of a million operations.</summary>
internal sealed class MergeWork : IWork
{
    private const int Operations = 1_000_000, Batch = 1_000, Keys = 2_000;

    private static readonly Figure Thousand = new("merge/thousand", "1,000 changes, one call each, until another device shows them all", "s");
    private static readonly Figure Hundred = new("merge/hundred-thousand", "100,000 changes until another device shows them all", "s");
    private static readonly Figure Fold = new("merge/fold", "operations of all kinds folded, one thread", "1/s");
    private static readonly Figure Explain = new("merge/explain", "a key explained, in a vault of 1,000,000 operations and some 60,000 merge records, p95", "ms");
    private static readonly Figure Open = new("merge/open", "open that vault, with the first get", "ms");

    public string Name => "merge";

    public string About => "changes until another device shows them, folding, explaining and opening among 1,000,000 operations";

    public void Run(BenchContext context)
    {
        context.Tell("merge");
        for (int round = 1; round <= context.Rounds; round++)
        {
            context.Tell($" round {round}");
            context.Settle();
            Visible(context, Thousand, context.Quick ? 100 : 1_000, oneByOne: true);
            Visible(context, Hundred, context.Quick ? 5_000 : 100_000, oneByOne: false);
            context.Note(Fold, Folded(context.Quick ? 20_000 : 200_000));
        }

        Large(context);
    }

    // Put at one device, one round over loopback, and every item read at the other: what a person would call visible.
    private static void Visible(BenchContext context, Figure figure, int changes, bool oneByOne)
    {
        var from = VaultFolder.Create(context.Scratch, "merge-from");
        var to = from.Pair(context.Scratch, "merge-to");
        using (var writer = new OpenNode(from))
        using (var reader = new OpenNode(to))
        {
            string address = "127.0.0.1:" + writer.Serve().ToString(CultureInfo.InvariantCulture);
            var values = Enumerable.Range(0, changes).Select(i => new PutValue(Key(i), Encoding.UTF8.GetBytes($"value {i} {new string('v', 80)}"))).ToList();
            context.Note(figure, BenchContext.Time(() =>
            {
                if (oneByOne) foreach (var value in values) writer.Vault.PutMany("items", [value]);
                else for (int i = 0; i < changes; i += Batch) writer.Vault.PutMany("items", values.GetRange(i, Math.Min(Batch, changes - i)));
                var round = reader.Node.SyncAsync([address], new(Push: false)).GetAwaiter().GetResult();
                if (round.Outcome is not (SyncOutcome.Synced or SyncOutcome.UpToDate)) throw new InvalidOperationException($"The round ended {round.Outcome}: {round.Peers[0].Error}");
                int seen = reader.Vault.Items().Count(i => i.IsAlive);
                if (seen != changes) throw new InvalidOperationException($"{seen} of {changes} are visible.");
            }));
        }

        from.Delete();
        to.Delete();
    }

    // Every kind in turn over a few thousand items of two devices that have seen a part of each other; states as an index has them.
    private static double Folded(int count)
    {
        var random = new Random(7);
        var (logs, devices) = (new[] { Id16Of(1), Id16Of(2) }, new[] { Id32Of(1), Id32Of(2) });
        var states = new Dictionary<string, KeyState>(StringComparer.Ordinal);
        var work = new List<(Operation Operation, OperationOrigin Origin)>(count);
        // Made first, over states as they will be: making them is not what is measured.
        for (int i = 0; i < count; i++)
        {
            string key = Key(random.Next(Keys));
            var state = states.GetValueOrDefault(key);
            var operation = Make(random, key, state, i);
            int who = random.Next(2);
            var origin = new OperationOrigin(new(new Id32([.. BitConverter.GetBytes(i), .. new byte[28]]), 0), new((1UL << 40) + (ulong)i), devices[who], logs[who], (ulong)i + 1);
            work.Add((operation, origin));
            states[key] = Folding.Apply(state, operation, origin);
        }

        states.Clear();
        double seconds = BenchContext.Time(() =>
        {
            foreach (var (operation, origin) in work) states[operation.Key] = Folding.Apply(states.GetValueOrDefault(operation.Key), operation, origin);
        });
        return count / seconds;
    }

    private static Operation Make(Random random, string key, KeyState? state, int i)
    {
        string number = i.ToString(CultureInfo.InvariantCulture);
        // Now and then over what another one has replaced meanwhile is left to the tests of merging: here every author has seen the state, or nothing.
        var seen = random.Next(8) == 0 ? null : state;
        return random.Next(9) switch
        {
            0 or 1 => Writes.Put(seen, "items", key, Text(number)),
            2 when seen is not null => Writes.Delete(seen),
            3 or 4 => StructuredWrites.Patch(seen, "items", key, new Dictionary<string, ItemValue?> { ["/a"] = Text(number), ["/b"] = Text("1") }),
            5 => StructuredWrites.SetCounter(seen, "items", key, "/n", i),
            6 => StructuredWrites.Add(seen, "items", key, "/tags", [Encoding.UTF8.GetBytes((i % 5).ToString(CultureInfo.InvariantCulture))]),
            7 when seen?.Item is { } item => Writes.Resolve(seen, item.First.Dot) is { HasDetached: false } resolve ? resolve : Writes.Put(seen, "items", key, Text(number)),
            _ => StructuredWrites.Increment("items", key, [new("/n", 1)]),
        };
    }

    // A million operations on 300,000 items; of every fifth two versions competed and one was settled, so there is a record of it.
    private static void Large(BenchContext context)
    {
        int items = context.Quick ? 6_000 : 300_000, conflicts = items / 5;
        var folder = VaultFolder.Create(context.Scratch, "merge-large");
        using (var vault = folder.Open())
        {
            Put(vault, items, 0);
            Put(vault, items, 1);
            // Over a base that was replaced meanwhile: it competes, and the next write settles it.
            for (int i = 0; i < conflicts; i += Batch)
            {
                vault.Commit([new([.. Enumerable.Range(i, Math.Min(Batch, conflicts - i)).Select(k => new ItemIntent("items", Key(k), state => Writes.Put(state, "items", Key(k), Text("\"beside\""), baseHeads: [])))], [])]);
            }

            Put(vault, items, 2);
            for (int i = 0; i < conflicts / 2; i += Batch)
            {
                vault.Commit([new([.. Enumerable.Range(i, Math.Min(Batch, (conflicts / 2) - i)).Select(k => new ItemIntent("items", Key(k), state => Writes.Put(state, "items", Key(k), Text("\"open\""), baseHeads: [])))], [])]);
            }

            vault.UpdateIndex();
        }

        for (int round = 1; round <= context.Rounds; round++)
        {
            context.Settle();
            long start = Stopwatch.GetTimestamp();
            using var vault = folder.Open();
            _ = vault.ValueOf(vault.Find("items", Key(items - 1))!);
            context.Note(Open, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            var random = new Random(round);
            double[] times = [.. Enumerable.Range(0, 200).Select(_ =>
            {
                string key = Key(random.Next(conflicts));
                long before = Stopwatch.GetTimestamp();
                if (SideBySide.Of(vault, vault.Find("items", key)!, vault.MergeRecords("items", key)).Length == 0) throw new InvalidOperationException("Nothing is explained.");
                return Stopwatch.GetElapsedTime(before).TotalMilliseconds;
            }).Skip(20)]; // the first ones meet their code
            context.Note(Explain, Statistics.Percentile(times, 0.95));
        }

        folder.Delete();
    }

    private static void Put(Vault vault, int items, int version)
    {
        for (int i = 0; i < items; i += Batch) vault.PutMany("items", [.. Enumerable.Range(i, Math.Min(Batch, items - i)).Select(k => new PutValue(Key(k), Encoding.UTF8.GetBytes($"\"version {version} of {k}\"")))]);
    }

    private static string Key(int number) => "key/" + number.ToString("D6", CultureInfo.InvariantCulture);

    private static ItemValue Text(string json) => ItemValue.FromBytes(Encoding.UTF8.GetBytes(json));

    private static Id32 Id32Of(byte number) => new([.. Enumerable.Repeat(number, Id32.Size)]);

    private static Id16 Id16Of(byte number) => new([.. Enumerable.Repeat(number, Id16.Size)]);
}
