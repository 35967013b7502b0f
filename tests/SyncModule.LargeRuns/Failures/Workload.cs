using SyncModule.Engine.Files;
using SyncModule.Engine.Maintenance;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Storage;
using SyncModule.LargeRuns.Hosts;

namespace SyncModule.LargeRuns.Failures;

/// <summary>The scripted workload: what a vault goes through from its making to its repair, a step at a time. Each step runs in a process of its own.</summary>
internal static class Workload
{
    /// <summary>Small enough for the log, too large to stand in the operation.</summary>
    private const int InLog = 30_011;

    /// <summary>Has a pack of its own and a manifest.</summary>
    private const int InPack = 1_100_003;

    /// <summary>A few chunks. Received objects always stand in a pack.</summary>
    private const int Chunked = 200_003;

    /// <param name="folder">An existing folder outside, to import.</param>
    public static IReadOnlyList<Step> Founder(string folder) =>
    [
        new("create", t => { t.Arm(); t.World.Founded |= t.Try(t.Process.Create); }) { Founds = true },
        new("first open", t => { t.Arm(); t.Open(); }),
        new("put inline", t => Opened(t, () => t.Put("inline", Noise(900, 1)))),
        new("put in the log", t => Opened(t, () => t.Put("logged", Noise(InLog, 2)))),
        new("put in a pack", t => Opened(t, () => t.Put("packed", Noise(InPack, 3)))),
        new("replace, delete", t => Opened(t, () =>
        {
            t.Put("inline", Noise(901, 4));
            t.Delete("logged");
            t.Put("logged", Noise(InLog, 5));
        })),
        new("put as one, in an object", t => Opened(t, () => t.PutInObject(("one", Noise(700, 7)), ("another", Noise(InLog, 8)), ("inline", Noise(902, 9))))),
        new("import", t => Opened(t, () => Import(t, folder))),
        new("reopen", t => { t.Arm(); t.Open(); t.ReadAll(); }),
        new("reopen a torn log", t => { t.Arm(); t.Open(); t.Put("behind the tear", Noise(500, 6)); }) { Prepare = TearLog },
        new("reopen without index", t => { t.Arm(); t.Open(); t.ReadAll(); }) { Prepare = w => w.Desk.DeleteIndex() },
        new("reopen after a power cut", t => { t.Arm(); t.Open(); t.ReadAll(); }) { Prepare = w => w.Desk.Index.NeedsRebuild = true },
        new("read", t => Opened(t, t.ReadAll)),
        new("verify", t => Opened(t, () => t.Try(() => Verifier.Run(t.Vault!, new VerifyOptions(ReadData: true))))),
        new("invite", t => Opened(t, () => t.World.Paired = t.Try(() => Meeting.Pair(t.Vault!, t.World.Laptop, new HostProcess(t.World.Laptop))))),
        .. AfterPairing(),
    ];

    /// <summary>The machine under test joins a vault that its peer has made.</summary>
    public static IReadOnlyList<Step> Joiner() =>
    [
        new("join", Join) { Founds = true, Prepare = FoundAtLaptop },
    ];

    private static IEnumerable<Step> AfterPairing() =>
    [
        new("receive", t => Opened(t, () => Round(t))) { Prepare = w => AtLaptop(w, inObjects: false, ("from the laptop", Noise(700, 11)), ("more", Noise(InLog, 12)), ("large", Noise(Chunked, 13))) },
        new("send", t => Opened(t, () =>
        {
            t.Put("to send", Noise(InLog, 14));
            t.Put("large to send", Noise(Chunked, 15));
            t.PutInObject(("one", Noise(701, 18)), ("sent as one", Noise(900, 19)));
            Round(t);
        })),
        new("receive and send", t => Opened(t, () =>
        {
            t.Put("both ways", Noise(600, 16));
            Round(t);
        })) { Prepare = w => AtLaptop(w, inObjects: true, ("again from the laptop", Noise(Chunked, 17)), ("in an object", Noise(300, 20))) },
        new("repair a pack", t => Opened(t, () => Repair(t))) { Prepare = DamagePack, Damaged = true },
        new("repair the log", t => Opened(t, () => Repair(t))) { Prepare = DamageLog, Damaged = true },
        new("optimize", t => Opened(t, () => Optimize(t))) { Prepare = ReplaceAndDelete, Afterwards = vault => Optimizer.Run(vault, dropHistory: true) },
    ];

    public static byte[] Noise(int size, int seed)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static void Opened(Trial trial, Action act)
    {
        if (!trial.Open()) throw new Violation($"opening ends with {trial.Refusal!.Message}");
        trial.Arm();
        act();
    }

    private static void Import(Trial trial, string folder)
    {
        var files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(f => (Key: Path.GetRelativePath(folder, f), Content: File.ReadAllBytes(f))).ToList();
        bool done = trial.Try(() =>
        {
            var result = FolderImport.Run(trial.Vault!, folder, new ImportOptions());
            if (result.Problems.Count > 0) throw new Violation($"the import lists '{result.Problems[0].Path}' for a failure of the vault's own disk: {result.Problems[0].Message}");
        });
        foreach (var (key, content) in files)
        {
            if (done) trial.Expected.Acknowledged(key, content);
            else trial.Expected.Refused(key, content);
        }
    }

    // What the laptop had is acknowledged here only by a round that says so; after any other each item has come or not.
    private static void Round(Trial trial)
    {
        using var peer = new HostProcess(trial.World.Laptop).Open();
        var theirs = trial.World.TakeFromLaptop();
        RoundSummary? summary = null;
        trial.Try(() =>
        {
            summary = Meeting.Sync(trial.Vault!, peer);
            if (summary.Peers[0].Error is { } error) throw error;
        });
        bool done = summary?.Outcome is SyncOutcome.Synced or SyncOutcome.UpToDate;
        foreach (var (key, value) in theirs)
        {
            if (done) trial.Expected.Acknowledged(key, value);
            else trial.Expected.OnTheWay(key, value);
        }
    }

    private static void Repair(Trial trial)
    {
        using var peer = new HostProcess(trial.World.Laptop).Open();
        trial.Try(() => Meeting.With(peer, (options, address) => Repairer.RunAsync(trial.Vault!, options, address).GetAwaiter().GetResult()));
    }

    // A checkpoint with a snapshot, then the log and a pack copied without what it replaces.
    private static void Optimize(Trial trial)
    {
        OptimizeResult? result = null;
        if (!trial.Try(() => result = Optimizer.Run(trial.Vault!, dropHistory: true))) return;
        if (result is not { Checkpoint.Deletions: > 0, Prune: { Commits: > 0, Objects: > 0 }, Freed: > 0 }) throw new Violation($"optimizing ends well and did too little: {result}");
    }

    private static void Join(Trial trial)
    {
        var theirs = trial.World.TakeFromLaptop();
        using var peer = new HostProcess(trial.World.Laptop).Open();
        trial.Arm();
        JoinedOutcome outcome = new();
        trial.World.Founded |= trial.Try(() => outcome.Sync = Meeting.Pair(peer, trial.World.Desk, trial.Process).Sync);
        foreach (var (key, value) in theirs)
        {
            if (outcome.Sync?.Outcome is SyncOutcome.Synced or SyncOutcome.UpToDate) trial.Expected.Acknowledged(key, value);
            else trial.Expected.OnTheWay(key, value);
        }
    }

    private sealed class JoinedOutcome
    {
        public RoundSummary? Sync { get; set; }
    }

    private static void FoundAtLaptop(World world)
    {
        new HostProcess(world.Laptop).Create();
        world.Paired = true;
        AtLaptop(world, inObjects: true, ("first", Noise(800, 21)), ("large", Noise(Chunked, 22)));
    }

    // Each is a commit, whose block may be an object.
    private static void AtLaptop(World world, bool inObjects, params (string Key, byte[] Value)[] items)
    {
        world.Paired = true;
        using var laptop = new HostProcess(world.Laptop).Open();
        if (inObjects) laptop.MostInlineBytes = 0;
        foreach (var (key, value) in items) laptop.Put(ExpectedItems.Collection, key, new MemoryStream(value));
        world.FromLaptop.AddRange(items);
    }

    // Everybody has it, and each knows that of the other: all of it may go.
    private static void ReplaceAndDelete(World world)
    {
        using var desk = new HostProcess(world.Desk).Open();
        using var laptop = new HostProcess(world.Laptop).Open();
        for (int i = 0; i < 3; i++)
        {
            foreach (var (key, size) in new[] { ("old inline", 800), ("old in the log", InLog), ("old in a pack", InPack) }) Put(key, Noise(size, 31 + i));
            string deleted = "deleted " + i;
            Put(deleted, Noise(InLog, 41 + i));
            desk.Delete(ExpectedItems.Collection, [deleted]);
            world.Expected.Acknowledged(deleted, null);
        }

        Meeting.Sync(desk, laptop);
        Meeting.Sync(desk, laptop);
        Put("old inline", Noise(800, 51)); // above the floor

        void Put(string key, byte[] value)
        {
            desk.Put(ExpectedItems.Collection, key, new MemoryStream(value));
            world.Expected.Acknowledged(key, value);
        }
    }

    private static void TearLog(World world)
    {
        var view = world.Desk.Disk.OpenProcess();
        string last = "log/" + view.List("log").Last(n => n.EndsWith(".log", StringComparison.Ordinal));
        using (var file = view.Open(last, DiskOpen.ReadWrite))
        {
            // The beginning of a group: its magic and a length that is not there.
            var torn = new byte[60];
            file.Read(5, torn.AsSpan(0, 8));
            torn[19] = 200;
            file.Write(file.Length, torn);
        }

        view.Kill();
    }

    private static void DamagePack(World world)
    {
        var view = world.Desk.Disk.OpenProcess();
        string path = "packs/" + view.List("packs").Where(n => n.EndsWith(".pack", StringComparison.Ordinal)).MaxBy(n => view.TryGetLength("packs/" + n));
        world.Desk.Disk.Corrupt(path, view.TryGetLength(path)!.Value / 2, 0x10);
        view.Kill();
    }

    private static void DamageLog(World world)
    {
        var view = world.Desk.Disk.OpenProcess();
        const string First = "log/0001.log";
        world.Desk.Disk.Corrupt(First, view.TryGetLength(First)!.Value / 2, 0x10);
        view.Kill();
    }
}
