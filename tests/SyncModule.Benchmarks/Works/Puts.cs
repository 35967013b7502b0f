using System.Globalization;
using System.Security.Cryptography;
using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;

namespace SyncModule.Benchmarks.Works;

/// <summary>Puts of new items of 1 KB, as a caller of the engine makes them.</summary>
internal sealed class Puts
{
    private readonly byte[][] _values = [.. Enumerable.Range(0, 1_000).Select(_ => RandomNumberGenerator.GetBytes(1024))];

    public IReadOnlyList<byte[]> Values => _values;

    public static string Key(int number) => "item/" + number.ToString("D8", CultureInfo.InvariantCulture);

    /// <summary>What a caller has to do for each put: a name, the value, and the keyed hash of its content.</summary>
    public ItemIntent Intent(Vault vault, int number)
    {
        string key = Key(number);
        byte[] bytes = _values[number % _values.Length];
        var value = ItemValue.FromBytes(bytes);
        var content = vault.Keys.Genesis.ContentOf(Digest.Hash(bytes));
        return new("items", key, state => Writes.Put(state, "items", key, value, content: content));
    }

    /// <summary>Puts items 0 to <paramref name="count"/> − 1, <paramref name="batch"/> a commit; each commit is durable before the next begins.</summary>
    public void InBatches(Vault vault, int count, int batch)
    {
        for (int first = 0; first < count; first += batch)
        {
            if (batch == 1)
            {
                vault.Commit([new([Intent(vault, first)], [])]);
                continue;
            }

            var values = new PutValue[Math.Min(batch, count - first)];
            for (int i = 0; i < values.Length; i++) values[i] = new(Key(first + i), _values[(first + i) % _values.Length]);
            vault.PutMany("items", values);
        }
    }

    /// <summary>The same from threads that each wait for their own put, as cmdlets that run beside each other do.</summary>
    public void FromThreads(Vault vault, int count, int threads)
    {
        int next = -1;
        var running = Enumerable.Range(0, threads).Select(_ => new Thread(() =>
        {
            for (int i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next)) vault.Commit([new([Intent(vault, i)], [])]);
        })).ToList();
        running.ForEach(t => t.Start());
        running.ForEach(t => t.Join());
    }

    /// <summary>The same number of puts from many callers, each waiting for its own to be durable before it makes the next.</summary>
    public void FromCallers(Vault vault, int count, int callers)
    {
        int next = -1;
        Task.WaitAll([.. Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            for (int i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
            {
                await vault.CommitAsync([new([Intent(vault, i)], [])]).ConfigureAwait(false);
            }
        }))]);
    }
}
