using System.Diagnostics;
using System.Globalization;
using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Maintenance;
using SyncModule.Engine.Vaults;

namespace SyncModule.LargeRuns.Million;

/// <summary>What a run does: how many items, where, and how many of them are looked at one by one.</summary>
internal sealed record MillionOptions(string Scratch, int Items = 1_000_000, int Looks = 10_000, int Seed = 1, bool Print = false);

/// <summary>What it took, in seconds by step, and what was wrong.</summary>
internal sealed record MillionResult(int Items, IReadOnlyList<(string Step, double Seconds)> Steps, long PeakMegabytes, IReadOnlyList<string> Violations);

/// <summary>
/// A vault of a million items of 1 KB in commits of a thousand: put, listed, read at random, changed here and there, brought to a second
/// device by a real sync, both indexes made anew; the two must say the same to the byte, and each what its log says.
/// </summary>
internal sealed class MillionRun(MillionOptions options)
{
    private const int Batch = 1_000;
    private const int ValueBytes = 1024;
    private const int ChangedEvery = 997, DeletedEvery = 1_009;

    private readonly List<(string Step, double Seconds)> _steps = [];
    private readonly List<string> _violations = [];

    public static MillionResult Run(MillionOptions options)
    {
        var run = new MillionRun(options);
        string folder = Path.Combine(options.Scratch, "syncmodule-million-" + Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        Directory.CreateDirectory(folder);
        try
        {
            run.Play(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        using var self = Process.GetCurrentProcess();
        return new(options.Items, run._steps, self.PeakWorkingSet64 / 1_000_000, run._violations);
    }

    private void Play(string folder)
    {
        using var first = MillionFolder.Create(Path.Combine(folder, "first"));
        Step("put", () =>
        {
            Put(first.Vault);
            first.Vault.UpdateIndex();
        });
        Step("change", () => Change(first.Vault));
        Step("list", () => Listed(first.Vault));
        Step("get", () => Read(first.Vault, options.Seed));
        using var second = first.Join(Path.Combine(folder, "second"));
        Step("sync", () =>
        {
            var round = second.SyncWith(first);
            if (round.Outcome is not (SyncOutcome.Synced or SyncOutcome.UpToDate)) Wrong($"the sync ended {round.Outcome}");
        });
        VaultDigest? digest = null;
        Step("digest", () => digest = first.Vault.Digest());
        Same(digest!, second.Vault, "the second device");
        Step("rebuild", () => second.Reopen(withoutIndex: true));
        Same(digest!, second.Vault, "the second device's index, made anew");
        Step("open", () => second.Reopen(withoutIndex: false));
        Step("get-second", () => Read(second.Vault, options.Seed + 1));
        Step("verify", () =>
        {
            var result = Verifier.Run(second.Vault, new VerifyOptions());
            foreach (var damage in result.Damaged) Wrong($"{damage.Where}: {damage.What}");
        });
        first.Reopen(withoutIndex: true);
        Same(digest!, first.Vault, "the first device's index, made anew");
        Step("again", () =>
        {
            var round = second.SyncWith(first);
            if (round.Outcome != SyncOutcome.UpToDate) Wrong($"a second sync ended {round.Outcome}");
        });
    }

    private void Put(Vault vault)
    {
        for (int start = 0; start < options.Items; start += Batch)
        {
            vault.Commit([new([.. Enumerable.Range(start, Math.Min(Batch, options.Items - start)).Select(i => Intent(vault, i, version: 0))], [])]);
        }
    }

    // Some are written again and some are deleted, far apart, so that all of the log has something that still stands.
    private void Change(Vault vault)
    {
        var changed = Enumerable.Range(0, options.Items).Where(i => i % ChangedEvery == 0 && i % DeletedEvery != 0);
        foreach (var some in changed.Chunk(Batch)) vault.Commit([new([.. some.Select(i => Intent(vault, i, version: 1))], [])]);
        vault.Delete("items", [.. Enumerable.Range(0, options.Items).Where(i => i % DeletedEvery == 0).Select(Key)]);
    }

    private void Listed(Vault vault)
    {
        int next = 0;
        foreach (var item in vault.Items())
        {
            if (item.Key != Key(next)) Wrong($"item {next} of the list is '{item.Key}'");
            if (item.IsAlive != (next % DeletedEvery != 0)) Wrong($"'{item.Key}' is {(item.IsAlive ? "there" : "deleted")}");
            if (_violations.Count > 10) return;
            next++;
        }

        if (next != options.Items) Wrong($"{next} of {options.Items} items are listed");
        long alive = options.Items - (((options.Items - 1) / DeletedEvery) + 1);
        if (vault.Status().Items != alive) Wrong($"the vault counts {vault.Status().Items} items, and {alive} are there");
    }

    private void Read(Vault vault, int seed)
    {
        var random = new Random(seed);
        for (int look = 0; look < options.Looks && _violations.Count <= 10; look++)
        {
            int number = random.Next(options.Items);
            var view = View.Of(vault.Find("items", Key(number)) ?? throw new InvalidOperationException($"'{Key(number)}' is not there."));
            if (number % DeletedEvery == 0)
            {
                if (view.Status != ItemStatus.Deleted) Wrong($"'{Key(number)}' is not deleted");
                continue;
            }

            byte[] expected = Value(number, number % ChangedEvery == 0 ? 1 : 0);
            byte[] read = [.. vault.ReadValue(view.Winner!.Value!).SelectMany(p => p)];
            if (!expected.AsSpan().SequenceEqual(read)) Wrong($"'{Key(number)}' has other bytes than were put");
        }

        int versions = vault.History("items", Key(0)).Count;
        if (versions != 2) Wrong($"the history of '{Key(0)}' has {versions} versions");
    }

    private void Same(VaultDigest digest, Vault vault, string whose)
    {
        var other = vault.Digest();
        if (other != digest) Wrong($"{whose} says {other.Digest}, the first one {digest.Digest}");
        if (!other.Full) Wrong($"{whose} lacks something");
    }

    private static ItemIntent Intent(Vault vault, int number, int version)
    {
        string key = Key(number);
        byte[] bytes = Value(number, version);
        var content = vault.Keys.Genesis.ContentOf(Digest.Hash(bytes));
        return new("items", key, state => Writes.Put(state, "items", key, ItemValue.FromBytes(bytes), content: content));
    }

    private static string Key(int number) => "item/" + number.ToString("D8", CultureInfo.InvariantCulture);

    // Noise that nothing can compress, and that can be told again from the number alone.
    private static byte[] Value(int number, int version)
    {
        var bytes = new byte[ValueBytes];
        new Random(number).NextBytes(bytes);
        BitConverter.TryWriteBytes(bytes, ((long)number << 8) | (uint)version);
        return bytes;
    }

    private void Step(string name, Action act)
    {
        var clock = Stopwatch.StartNew();
        act();
        _steps.Add((name, clock.Elapsed.TotalSeconds));
        if (options.Print) Console.WriteLine(FormattableString.Invariant($"  {name,-12} {clock.Elapsed.TotalSeconds:F2}s"));
    }

    private void Wrong(string what)
    {
        _violations.Add(what);
        if (options.Print) Console.WriteLine("VIOLATION " + what);
    }
}
