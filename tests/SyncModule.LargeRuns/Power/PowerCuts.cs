using System.Globalization;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Maintenance;
using SyncModule.Engine.Vaults;
using SyncModule.LargeRuns.Hosts;

namespace SyncModule.LargeRuns.Power;

/// <summary>Counts. Steps: what the workload did meanwhile. Acknowledged: items of all images that had to be there. Unfounded: images of a vault that nobody had been told of yet.</summary>
internal sealed record PowerResult(int Images, int Steps, int Lives, long Acknowledged, int Unfounded, IReadOnlyList<string> Violations);

/// <summary>
/// Power cuts on a real file system: while a vault is in use, its disk is copied at a random instant, in the middle of whatever the kernel was
/// writing. The copy is mounted, the vault opened on it, and everything that was acknowledged before the instant has to be there.
/// </summary>
internal sealed class PowerCuts
{
    private const int StepsPerLife = 60;
    private const int LongestPauseMilliseconds = 60;

    private readonly List<string> _violations = [];
    private readonly Lock _gate = new();
    private Life? _life;
    private long _acknowledged;
    private int _steps, _lives, _unfounded;

    /// <param name="scratch">An existing folder; see <see cref="LoopDisk.Problem"/>.</param>
    public static PowerResult Run(string scratch, int images, int seed, bool print)
    {
        var cuts = new PowerCuts();
        using var disk = new LoopDisk(scratch);
        using var stop = new CancellationTokenSource();
        var work = Task.Factory.StartNew(() => cuts.Work(disk.Folder, seed, stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var random = new Random(seed);
        int made = 0;
        for (; made < images && !work.IsCompleted; made++)
        {
            Thread.Sleep(random.Next(LongestPauseMilliseconds));
            cuts.CutOnce(disk, made, print);
        }

        stop.Cancel();
        work.GetAwaiter().GetResult();
        return new(made, cuts._steps, cuts._lives, cuts._acknowledged, cuts._unfounded, cuts._violations);
    }

    private void Work(string disk, int seed, CancellationToken stop)
    {
        Life? old = null;
        try
        {
            while (!stop.IsCancellationRequested)
            {
                var life = new Life(disk, (seed * 1_000) + ++_lives);
                lock (_gate) (old, _life) = (_life, life);
                life.Found();
                old?.Dispose();
                old = null;
                for (int i = 0; i < StepsPerLife && !stop.IsCancellationRequested; i++, _steps++) life.Step();
            }
        }
        finally
        {
            old?.Dispose();
            _life?.Dispose();
        }
    }

    private void CutOnce(LoopDisk disk, int number, bool print)
    {
        Life? life;
        lock (_gate) life = _life;
        if (life is null) return;
        var before = life.Now();
        using var image = disk.Cut();
        var after = life.Now();
        try
        {
            image.Mount();
            Check(image, before, after);
        }
        catch (Exception e)
        {
            string violation = string.Create(CultureInfo.InvariantCulture, $"image {number} of {before.Name}: {e.GetType().Name}: {e.Message}{(e is Violation ? "" : e.StackTrace)}");
            _violations.Add(violation);
            if (print) Console.WriteLine("VIOLATION " + violation);
        }
    }

    private void Check(CutImage image, Told before, Told after)
    {
        var machine = new RealMachine(Path.Combine(image.Folder, before.Name));
        if (!before.Founded)
        {
            _unfounded++;
            if (!machine.HasVault || !File.Exists(machine.KeyPath)) return;
        }

        using var vault = VaultCreation.Open(new RebootedStores(machine.Stores(), machine.Folder), machine.Unlock, TimeProvider.System, SystemRandomSource.Instance);
        var keys = before.Values.Keys.Union(after.Values.Keys, StringComparer.Ordinal).ToList();
        foreach (string key in keys)
        {
            // What was acknowledged before the cut, or anything that was tried from then until it was over: that may be several values.
            var was = before.Of(key);
            byte[]? here = Read(vault, key);
            if (!after.Of(key).All.Skip(was.Acknowledged).Any(v => v is null ? here is null : here is not null && v.AsSpan().SequenceEqual(here)))
                throw new Violation($"'{key}' has {(here is null ? "no value" : $"{here.Length} bytes")}, and {was.Last?.Length.ToString(CultureInfo.InvariantCulture) ?? "no"} bytes were acknowledged");
        }

        if (vault.Items().FirstOrDefault(i => !keys.Contains(i.Key, StringComparer.Ordinal)) is { } stranger) throw new Violation($"'{stranger.Key}' was never written");
        _acknowledged += before.Values.Count(v => v.Value.Last is not null);
        var held = vault.HeldVector(Lane.Data);
        foreach (var (log, tips) in before.Held?.Logs ?? [])
        {
            if (held.Sequence(log) < tips[^1].Sequence) throw new Violation($"the peer was told of {tips[^1].Sequence} commits of log {log}, and {held.Sequence(log)} are here");
        }

        var verified = Verifier.Run(vault, new VerifyOptions(ReadData: true));
        if (verified.Damaged.Count > 0) throw new Violation($"verify finds {verified.Damaged[0].Where}: {verified.Damaged[0].What}");
        vault.Put(ExpectedItems.Collection, "again", new MemoryStream([1]));
        if (Read(vault, "again") is not [1]) throw new Violation("writing does not work any more");
    }

    private static byte[]? Read(Vault vault, string key)
    {
        if (vault.Find(ExpectedItems.Collection, key) is not { } state) return null;
        var view = View.Of(state);
        return view.Status == ItemStatus.Item ? [.. vault.ReadValue(view.Winner!.Value!).SelectMany(p => p)] : null;
    }
}
