using System.Globalization;

namespace SyncModule.Daemon.Tests.Acceptance;

/// <summary>Processes that write one vault at once, while the index is taken away from under them.</summary>
public class FourWritersTests
{
    private const int Writers = 4, PutsEach = 6;

    [Fact]
    public void Four_processes_put_while_the_index_is_deleted_twice_and_no_number_is_lost_or_used_twice()
    {
        using var group = new MachineGroup();
        int done = 0;
        var writers = Enumerable.Range(0, Writers).Select(w => Task.Factory.StartNew(
            () =>
            {
                for (int i = 0; i < PutsEach; i++)
                {
                    group.Desk.Put(Key(w, i), Value(w, i));
                    Interlocked.Increment(ref done);
                }
            }, TaskCreationOptions.LongRunning)).ToArray();
        foreach (int share in new[] { 3, 2 })
        {
            Poll.Until(() => Volatile.Read(ref done) >= Writers * PutsEach / share || Array.Exists(writers, w => w.IsFaulted), "some puts");
            foreach (string file in Directory.EnumerateFiles(group.Desk.Vault, "index.db*")) File.Delete(file);
        }

        Task.WaitAll(writers);
        var vector = group.Desk.Json("status").GetProperty("vector").EnumerateObject().Select(l => l.Value.GetInt64()).ToList();
        Assert.Equal([Writers * PutsEach], vector);
        for (int w = 0; w < Writers; w++)
        {
            // The last of each writer through a process of its own, all others through an export.
            Assert.Equal(Value(w, PutsEach - 1), group.Desk.Get(Key(w, PutsEach - 1)));
        }

        group.Desk.Json("export", group.PathOf("out"));
        for (int w = 0; w < Writers; w++)
        {
            for (int i = 0; i < PutsEach; i++) Assert.Equal(Value(w, i), File.ReadAllText(Path.Combine(group.PathOf("out"), Key(w, i))));
        }

        group.Desk.VerifiesClean();
    }

    private static string Key(int writer, int put) => string.Create(CultureInfo.InvariantCulture, $"writer {writer}/{put}");

    private static string Value(int writer, int put) => string.Create(CultureInfo.InvariantCulture, $"value {put} of writer {writer}");
}
