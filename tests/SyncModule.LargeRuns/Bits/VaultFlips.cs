using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Maintenance;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;
using SyncModule.LargeRuns.Failures;
using SyncModule.LargeRuns.Hosts;

namespace SyncModule.LargeRuns.Bits;

/// <summary>
/// Every bit of vault.json, the log, the packs and a session's journal of a small vault, flipped one at a time on a machine in memory. The
/// vault is opened, verified, and repaired from a peer that has everything; then it has to be whole and to go on working. What only this
/// folder has, its keys, no peer can give back: then opening has to say so.
/// </summary>
/// <remarks>
/// The vault holds one of each kind and no more, because each commit is verified several times for each of half a million bits: a value in
/// its operation, one in the log, one in a pack, a deletion, and a second member. Most bits of the log are zeros written ahead of its end: of
/// those only whether they are zero can matter, so one bit of a byte takes the whole course, and the others end with the next write.
/// </remarks>
internal sealed class VaultFlips
{
    private const int NextHeader = 64; // bytes behind the log's end in which the next group's header is looked for, and more

    private const string Passphrase = "correct horse battery staple";

    private readonly Host _desk = Host.New("desk"), _laptop = Host.New("laptop");
    private readonly ExpectedItems _expected = new();

    private VaultFlips()
    {
        Found();
        using var desk = new HostProcess(_desk).Open();
        Put(desk, "inline", Workload.Noise(100, 1));
        Put(desk, "logged", AsObject(2));
        Put(desk, "deleted", Workload.Noise(100, 3));
        desk.Delete(ExpectedItems.Collection, ["deleted"]);
        _expected.Acknowledged("deleted", null);
        Meeting.Pair(desk, _laptop, new HostProcess(_laptop));
        using var laptop = new HostProcess(_laptop).Open();
        Put(laptop, "received in a pack", AsObject(4));
        if (Meeting.Sync(desk, laptop).Outcome != SyncOutcome.Synced) throw new Violation("the vault could not be made");
        Interrupted(desk, laptop.Device);
    }

    public static BitResult Run(BitOptions options)
    {
        var files = new List<FileFlips>();
        var violations = new List<string>();
        var flips = new VaultFlips();
        foreach (string path in flips.Files())
        {
            string kind = path.Split('/')[0];
            if (!options.Wants(kind)) continue;
            var clock = Stopwatch.StartNew();
            var tally = new FlipTally(kind, options.Print);
            byte[] bytes = flips.Read(path);
            long room = kind == VaultPaths.LogFolder ? bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + NextHeader : bytes.Length;
            Parallel.ForEach(options.BitsOf(kind, bytes.Length), new ParallelOptions { MaxDegreeOfParallelism = options.Threads }, bit => tally.Try(bit, () => bit / 8 > room && bit % 8 != bit / 8 % 8 ? flips.InRoom(path, bit) : flips.Flip(path, bit, bytes, isFull: bit % options.FullEvery == 0)));
            files.Add(tally.Sum());
            violations.AddRange(tally.Violations);
            if (options.Print) BitReport.Print(files[^1], tally.Violations.Count, clock.Elapsed);
        }

        return new(files, violations);
    }

    private (FlipEnd End, string? Error) Flip(string path, long bit, byte[] bytes, bool isFull)
    {
        var desk = _desk.Copy();
        desk.Disk.Corrupt(path, bit / 8, (byte)(1 << (int)(bit % 8)));
        var process = new HostProcess(desk);
        Vault vault;
        try
        {
            vault = process.Open();
        }
        catch (SyncException e) when (path == VaultPaths.VaultFile && e.Kind.Category is SyncErrorCategory.Integrity or SyncErrorCategory.Authentication)
        {
            return (FlipEnd.Refused, $"{FieldOf(bytes, bit)}: {e.ErrorId}");
        }

        using (vault)
        {
            if (FirstDamage(vault) is null)
            {
                Whole(vault, desk, isFull);
                if (path == VaultPaths.VaultFile && !IsSame(bytes, desk)) throw new Violation("vault.json says something else and nobody notices: " + FieldOf(bytes, bit));
                return (FlipEnd.Harmless, path == VaultPaths.VaultFile ? $"{FieldOf(bytes, bit)}: harmless" : null);
            }

            if (path == VaultPaths.VaultFile)
            {
                Whole(vault, desk, isFull: false);
                return (FlipEnd.Refused, $"{FieldOf(bytes, bit)}: told by verify");
            }

            // Whatever can be read meanwhile is right, or says that it is damaged.
            TryRead(vault);
            using var peer = new HostProcess(_laptop.Copy()).Open();
            AfterFailure.Repair(vault, peer);
            if (isFull) AfterFailure.Converges(vault, peer);
            else AfterFailure.Agree(vault, peer);
            if (FirstDamage(vault) is { } left) throw new Violation($"verify still finds {left.Where}: {left.What}");
            Whole(vault, desk, isFull);
            return (FlipEnd.Found, null);
        }
    }

    // Everything is there, and the next write goes where it stands.
    private (FlipEnd End, string? Error) InRoom(string path, long bit)
    {
        var desk = _desk.Copy();
        desk.Disk.Corrupt(path, bit / 8, (byte)(1 << (int)(bit % 8)));
        using var vault = new HostProcess(desk).Open();
        var expected = _expected.Copy();
        if (expected.Check(vault) is { } wrong) throw new Violation(wrong);
        vault.Put(ExpectedItems.Collection, "again", new MemoryStream([1]));
        expected.Acknowledged("again", [1]);
        return expected.Check(vault) is { } lost ? throw new Violation("written again, " + lost) : (FlipEnd.Harmless, null);
    }

    private static Damage? FirstDamage(Vault vault) => Verifier.Run(vault, new VerifyOptions(ReadData: true)).Damaged is [var first, ..] ? first : null;

    private void TryRead(Vault vault)
    {
        try
        {
            _expected.Copy().Check(vault);
        }
        catch (SyncException e) when (e.Kind.Category == SyncErrorCategory.Integrity || e.Kind == SyncErrors.ContentNotHere)
        {
            // Told.
        }
    }

    // Of a vault that was verified just now: everything is there, writing works, and the next process sees all that.
    private void Whole(Vault vault, Host desk, bool isFull)
    {
        var expected = _expected.Copy();
        if (expected.Check(vault) is { } wrong) throw new Violation(wrong);
        vault.Put(ExpectedItems.Collection, "again", new MemoryStream([1]));
        expected.Acknowledged("again", [1]);
        vault.Dispose();
        using var next = new HostProcess(desk).Open();
        if (expected.Check(next) is { } lost) throw new Violation("opened again, " + lost);
        if (isFull && FirstDamage(next) is { } damage) throw new Violation($"opened again, verify finds {damage.Where}: {damage.What}");
    }

    // A flip may turn one blank into another: the same text for whoever reads it.
    private bool IsSame(byte[] original, Host desk)
    {
        var now = VaultCreation.ReadVaultFile(desk.Disk.OpenProcess());
        return now.ToBytes().AsSpan().SequenceEqual(VaultFile.Parse(original).ToBytes());
    }

    /// <summary>The member of the JSON text in which a bit stands; "punctuation" outside of all values and names.</summary>
    private static string FieldOf(byte[] json, long bit)
    {
        var reader = new Utf8JsonReader(json);
        var path = new Stack<string>();
        string name = "";
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    name = reader.GetString()!;
                    break;
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    path.Push(name);
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    path.Pop();
                    name = path.Count > 0 ? path.Peek() : "";
                    break;
            }

            if (bit / 8 < reader.TokenStartIndex) return "punctuation";
            if (bit / 8 < reader.BytesConsumed && reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String or JsonTokenType.Number)
                return string.Join('.', path.Reverse().Append(name).Where(p => p.Length > 0).Distinct()) + (reader.TokenType == JsonTokenType.PropertyName ? " (name)" : "");
        }

        return "punctuation";
    }

    private void Found()
    {
        using var key = SlotKey.FromKeyFile(_desk.Key);
        using var passphrase = SlotKey.FromPassphrase(Passphrase, new Argon2Parameters(Argon2Parameters.MinMemoryKiB, Argon2Parameters.MinPasses), SystemRandomSource.Instance);
        VaultCreation.Create(new HostProcess(_desk), "desk", [key, passphrase], TimeProvider.System, SystemRandomSource.Instance);
    }

    // Too long for an operation, and short when it is compressed.
    private static byte[] AsObject(int seed) => [.. Workload.Noise(200, seed), .. new byte[ItemValue.MaxInline]];

    private void Put(Vault vault, string key, byte[] value)
    {
        vault.Put(ExpectedItems.Collection, key, new MemoryStream(value));
        _expected.Acknowledged(key, value);
    }

    // The journal of a session that was cut: what a kill in the middle of one leaves.
    private static void Interrupted(Vault vault, DeviceId peer)
    {
        using var journal = SessionJournal.Start(vault, new Id32(Workload.Noise(Id32.Size, 77)), peer)!;
        journal.Data([new ObjectAddress(Workload.Noise(Id32.Size, 78)), new ObjectAddress(Workload.Noise(Id32.Size, 79))]);
        journal.Acknowledged(new Id32(Workload.Noise(Id32.Size, 80)));
    }

    private List<string> Files()
    {
        var view = _desk.Disk.OpenProcess();
        string[] folders = [VaultPaths.LogFolder, VaultPaths.PackFolder, VaultPaths.JournalFolder];
        var files = folders.SelectMany(f => view.List(f).Select(n => f + "/" + n)).Where(f => view.TryGetLength(f) > 0).Prepend(VaultPaths.VaultFile).ToList();
        view.Kill();
        return files;
    }

    private byte[] Read(string path)
    {
        var view = _desk.Disk.OpenProcess();
        byte[] bytes = view.ReadAllBytes(path, int.MaxValue);
        view.Kill();
        return bytes;
    }
}

/// <summary>Lines for people.</summary>
internal static class BitReport
{
    public static void Print(FileFlips flips, int violations, TimeSpan wall)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {flips.File,-16} flips={flips.Flips:N0} found_and_healed={flips.Found:N0} harmless={flips.Harmless:N0} refused={flips.Refused:N0} violations={violations} wall={wall.TotalSeconds:F1}s"));
        foreach (var (error, count) in flips.Errors) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"      {error}: {count:N0}"));
    }
}
