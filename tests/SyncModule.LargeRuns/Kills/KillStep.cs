using SyncModule.Core.Model;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Transport;
using SyncModule.LargeRuns.Failures;
using SyncModule.LargeRuns.Hosts;

namespace SyncModule.LargeRuns.Kills;

/// <summary>One command of the scripted workload, run again and again.</summary>
/// <param name="Name">For people and for --step.</param>
/// <param name="Act">Prepares without any kill, runs the program, and notes what it acknowledged.</param>
internal sealed record KillStep(string Name, Action<Stage, WatchedProgram> Act)
{
    /// <summary>It may end without a vault; then the same place has to take one.</summary>
    public bool Founds { get; init; }

    /// <summary>It meets the peer.</summary>
    public bool OnNetwork { get; init; }

    public static IReadOnlyList<KillStep> All { get; } =
    [
        new("init", Init) { Founds = true },
        new("put inline", (s, p) => Put(s, p, "inline", 900)),
        new("put in the log", (s, p) => Put(s, p, "logged", 30_011)),
        new("put in a pack", (s, p) => Put(s, p, "packed", 1_100_003)),
        new("rm", Remove),
        new("import", Import),
        new("export", Export),
        new("ls without index", ListWithoutIndex),
        new("verify", (s, p) => p.Run("verify", "--read-data")),
        new("sync", Sync) { OnNetwork = true },
        new("serve", Serve) { OnNetwork = true },
        new("resolve", Resolve) { OnNetwork = true },
        new("repair", Repair) { OnNetwork = true },
        new("optimize", Optimize) { OnNetwork = true },
        new("invite", Invite) { OnNetwork = true },
        new("join", Join) { Founds = true, OnNetwork = true },
    ];

    private static byte[] Noise(Stage stage, int size, int salt = 0) => Workload.Noise(size, (stage.Trial * 100) + salt);

    private static void Init(Stage stage, WatchedProgram program)
    {
        stage.NewDesk();
        program.For(stage.Desk).Run("init", "--device", "desk", "--key-file", stage.Desk.KeyPath);
        if (program.Ending!.Acknowledged && !stage.Desk.HasVault) throw new Violation("an acknowledged vault is not there");
        if (!stage.Desk.HasVault) program.Without().Run("init", "--device", "desk", "--key-file", stage.Desk.KeyPath);
    }

    private static void Put(Stage stage, WatchedProgram program, string key, int size)
    {
        byte[] value = Noise(stage, size);
        File.WriteAllBytes(stage.PathOf("value"), value);
        Note(stage, program.Run("put", key, "--file", stage.PathOf("value")), (key, value));
    }

    private static void Remove(Stage stage, WatchedProgram program)
    {
        byte[] value = Noise(stage, 500);
        AtDesk(stage, ("doomed", value));
        Note(stage, program.Run("rm", "doomed"), ("doomed", null));
    }

    private static void Import(Stage stage, WatchedProgram program)
    {
        string folder = stage.PathOf("source");
        Directory.CreateDirectory(Path.Combine(folder, "below"));
        (string Key, byte[]? Value)[] files = [("a", Noise(stage, 100, 1)), ("b", Noise(stage, 9_001, 2)), ("below/c", Noise(stage, 70_001, 3)), ("below/d", Noise(stage, 1_050_003, 4))];
        foreach (var (key, value) in files) File.WriteAllBytes(Path.Combine(folder, key), value!);
        Note(stage, program.Run("import", folder), files);
    }

    // A file in the folder is the old one or the new one, and the next run takes neither for a change of the user's.
    private static void Export(Stage stage, WatchedProgram program)
    {
        byte[] value = Noise(stage, 40_000);
        AtDesk(stage, ("out/file", value), ("out/other", Noise(stage, 300, 1)));
        string file = Path.Combine(stage.PathOf("export"), "file");
        byte[]? before = File.Exists(file) ? File.ReadAllBytes(file) : null;
        var ending = program.Run("export", stage.PathOf("export"), "--prefix", "out");
        byte[]? after = File.Exists(file) ? File.ReadAllBytes(file) : null;
        bool isNew = after is not null && after.AsSpan().SequenceEqual(value);
        bool isOld = before is null ? after is null : after is not null && after.AsSpan().SequenceEqual(before);
        if (!isNew && (ending.Acknowledged || !isOld)) throw new Violation("an exported file is neither the old one nor the new one");
    }

    private static void ListWithoutIndex(Stage stage, WatchedProgram program)
    {
        foreach (string file in Directory.GetFiles(stage.Desk.Folder, "index.db*")) File.Delete(file);
        program.Run("ls");
    }

    private static void Sync(Stage stage, WatchedProgram program)
    {
        var theirs = AtLaptop(stage);
        AtDesk(stage, ("to send", Noise(stage, 30_011, 13)), ("large to send", Noise(stage, 200_003, 14)));
        NoteRound(stage, stage.WithServer(address => program.Run("sync", address)).Told?.GetProperty("outcome").GetString() is "Synced" or "UpToDate", theirs);
    }

    private static void Serve(Stage stage, WatchedProgram program)
    {
        var theirs = AtLaptop(stage);
        AtDesk(stage, ("to fetch", Noise(stage, 30_011, 13)));
        string portFile = stage.PathOf("port");
        File.Delete(portFile);
        using var running = program.Start("serve", "--listen", "127.0.0.1:0", "--port-file", portFile);
        SpinWait.SpinUntil(() => File.Exists(portFile) || running.HasExited, TimeSpan.FromMinutes(2));
        SyncOutcome outcome = SyncOutcome.Offline;
        if (File.Exists(portFile))
        {
            using var laptop = stage.OpenLaptop();
            using var node = new SyncNode(laptop, new NodeOptions { Transport = new TcpTransport() });
            var round = node.SyncAsync(["127.0.0.1:" + File.ReadAllText(portFile).Trim()], new SyncRequest());
            if (!round.Wait(TimeSpan.FromMinutes(2))) throw new Violation("a round with a killed process did not end");
            outcome = round.Result.Outcome;
        }

        if (!running.HasExited) running.Terminate();
        program.End(running);
        bool done = outcome is SyncOutcome.Synced or SyncOutcome.UpToDate;
        if (!done && !program.Ending!.Killed) throw new Violation($"nobody was killed, and a round ends {outcome}");
        NoteRound(stage, done, theirs);
    }

    // Both write the same item; a person chooses the laptop's.
    private static void Resolve(Stage stage, WatchedProgram program)
    {
        byte[] chosen = Noise(stage, 700, 1), other = Noise(stage, 800, 2);
        string version;
        using (var desk = stage.Desk.Open())
        {
            using var laptop = stage.OpenLaptop();
            desk.Put(ExpectedItems.Collection, "both", new MemoryStream(Noise(stage, 10)));
            Meeting.Sync(desk, laptop);
            var put = laptop.Put(ExpectedItems.Collection, "both", new MemoryStream(chosen));
            desk.Put(ExpectedItems.Collection, "both", new MemoryStream(other));
            Meeting.Sync(desk, laptop);
            version = VersionId.Of(put.Dots[0]!.Value);
            stage.Expected.Acknowledged("both", other);
            stage.Expected.Refused("both", chosen);
            stage.Expected.Arrived();
        }

        Note(stage, program.Run("resolve", "both", "--select", version), ("both", chosen));
    }

    private static void Repair(Stage stage, WatchedProgram program)
    {
        AtDesk(stage, ("packed", Noise(stage, 1_100_003)));
        using (var desk = stage.Desk.Open())
        {
            using var laptop = stage.OpenLaptop();
            Meeting.Sync(desk, laptop);
        }

        string pack = Directory.GetFiles(Path.Combine(stage.Desk.Folder, "packs"), "*.pack").OrderByDescending(File.GetLastWriteTimeUtc).First();
        byte[] bytes = File.ReadAllBytes(pack);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(pack, bytes);
        stage.Damaged = true;
        stage.WithServer(address => program.Run("repair", "--from", address));
        if (!program.Ending!.Killed) stage.Damaged = false;
    }

    // The laptop has everything and has said so: what was replaced and deleted goes, here and then there.
    private static void Optimize(Stage stage, WatchedProgram program)
    {
        AtDesk(stage, ("old", Noise(stage, 30_011, 21)), ("old in a pack", Noise(stage, 1_100_003, 22)), ("deleted", Noise(stage, 900, 23)));
        AtDesk(stage, ("old", Noise(stage, 30_011, 24)), ("old in a pack", Noise(stage, 200_003, 25)));
        using (var desk = stage.Desk.Open())
        {
            using var laptop = stage.OpenLaptop();
            desk.Delete(ExpectedItems.Collection, ["deleted"]);
            stage.Expected.Acknowledged("deleted", null);
            Meeting.Sync(desk, laptop);
            Meeting.Sync(desk, laptop);
        }

        var ending = program.Run("optimize", "--drop-history");
        if (ending.Acknowledged && ending.Told is { } told && (told.GetProperty("versions").GetInt64() == 0 || told.GetProperty("deletions").GetInt64() == 0)) throw new Violation($"optimizing ends well and did too little: {told}");
    }

    private static void Invite(Stage stage, WatchedProgram program)
    {
        string file = stage.PathOf("invite");
        File.Delete(file);
        using var running = program.Start("invite", "--listen", "127.0.0.1:0", "--invite-file", file);
        SpinWait.SpinUntil(() => File.Exists(file) || running.HasExited, TimeSpan.FromMinutes(2));
        var joiner = Host.New("tablet");
        bool joined = false;
        SyncException? refusal = null;
        try
        {
            if (File.Exists(file))
            {
                Meeting.Join(File.ReadAllText(file).Trim(), joiner, new HostProcess(joiner), new NodeOptions { Transport = new TcpTransport() });
                joined = true;
            }
        }
        catch (SyncException e)
        {
            // The inviter was killed; the invite is worth nothing any more.
            refusal = e;
        }

        if (!joined && !running.HasExited) running.Terminate();
        program.End(running);
        if (!joined)
        {
            if (!program.Ending!.Killed) throw new Violation("nobody was killed, and joining ends " + refusal?.Message);
            return;
        }

        using var desk = stage.Desk.Open();
        using var tablet = new HostProcess(joiner).Open();
        AfterFailure.Converges(desk, tablet);
    }

    private static void Join(Stage stage, WatchedProgram program)
    {
        stage.NewDesk();
        stage.NewLaptop();
        new HostProcess(stage.Laptop).Create();
        var theirs = AtLaptop(stage);
        program.For(stage.Desk);
        void Run(WatchedProgram joining)
        {
            using var laptop = stage.OpenLaptop();
            Meeting.WithInvite(laptop, new NodeOptions { Transport = new TcpTransport() }, text =>
            {
                File.WriteAllText(stage.PathOf("invite"), text + "\n");
                return joining.Run("join", "--invite-file", stage.PathOf("invite"), "--device", "desk", "--key-file", stage.Desk.KeyPath);
            });
        }

        Run(program);
        if (program.Ending!.Acknowledged && !stage.Desk.HasVault) throw new Violation("an acknowledged vault is not there");
        bool first = program.Ending.Told?.GetProperty("outcome").GetString() is "Synced" or "UpToDate";
        if (!stage.Desk.HasVault) Run(program.Without());
        NoteRound(stage, first, theirs);
    }

    private static void Note(Stage stage, Ending ending, params (string Key, byte[]? Value)[] items)
    {
        foreach (var (key, value) in items)
        {
            if (ending.Acknowledged) stage.Expected.Acknowledged(key, value);
            else stage.Expected.Refused(key, value);
        }
    }

    private static void NoteRound(Stage stage, bool done, (string Key, byte[] Value)[] theirs)
    {
        foreach (var (key, value) in theirs)
        {
            if (done) stage.Expected.Acknowledged(key, value);
            else stage.Expected.OnTheWay(key, value);
        }
    }

    private static void AtDesk(Stage stage, params (string Key, byte[] Value)[] items)
    {
        using var desk = stage.Desk.Open();
        foreach (var (key, value) in items)
        {
            desk.Put(ExpectedItems.Collection, key, new MemoryStream(value));
            stage.Expected.Acknowledged(key, value);
        }
    }

    private static (string Key, byte[] Value)[] AtLaptop(Stage stage)
    {
        (string Key, byte[] Value)[] items = [("from the laptop", Noise(stage, 700, 10)), ("more", Noise(stage, 30_011, 11)), ("large", Noise(stage, 200_003, 12))];
        using var laptop = stage.OpenLaptop();
        foreach (var (key, value) in items) laptop.Put(ExpectedItems.Collection, key, new MemoryStream(value));
        return items;
    }
}
