using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using SyncModule.Core.Model;
using SyncModule.Engine.Maintenance;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Storage.Tables;
using SyncModule.Engine.Vaults;
using SyncModule.LargeRuns.Failures;
using SyncModule.LargeRuns.Hosts;

namespace SyncModule.LargeRuns.Bits;

/// <summary>
/// Every bit of the real files of index.db, its clean mark and local.db. A flip that leaves all rows as they were is harmless; one that
/// makes SQLite refuse the file, or a row differ, has to be told or made good by whoever opens the vault. Nothing of this is fetched from a
/// peer: the index is made again from the log, and of local.db what the folder needs is started anew.
/// </summary>
internal sealed class DatabaseFlips : IDisposable
{
    private static readonly byte[] Works = "works"u8.ToArray();

    private readonly RealMachine _machine;
    private readonly ExpectedItems _expected = new();
    private readonly Id16 _boot;
    private readonly Dictionary<string, byte[]> _files;

    private DatabaseFlips(string scratch)
    {
        _machine = new RealMachine(Directory.CreateDirectory(Path.Combine(scratch, "bits-" + Guid.NewGuid().ToString("N"))).FullName);
        _machine.Create();
        using (var vault = _machine.Open())
        {
            for (int i = 0; i < 3; i++)
            {
                byte[] value = Workload.Noise(2_500 * i, i + 1); // none, in its operation, in the log
                vault.Put(ExpectedItems.Collection, $"item {i}", new MemoryStream(value));
                _expected.Acknowledged($"item {i}", value);
            }

            var laptop = Host.New("laptop");
            Meeting.Pair(vault, laptop, new HostProcess(laptop));
            using var peer = new HostProcess(laptop).Open();
            peer.Put(ExpectedItems.Collection, "received", new MemoryStream(Works));
            Meeting.Sync(vault, peer);
            _expected.Acknowledged("received", Works);
        }

        _boot = new(SHA256.HashData(Encoding.UTF8.GetBytes(_machine.Stores().Disk.BootId)).AsSpan(0, Id16.Size));
        _files = Directory.GetFiles(_machine.Root, "*", SearchOption.AllDirectories).ToDictionary(f => f, File.ReadAllBytes, StringComparer.Ordinal);
    }

    public static BitResult Run(BitOptions options)
    {
        var files = new List<FileFlips>();
        var violations = new List<string>();
        foreach (string file in new[] { VaultPaths.Index + "-state", VaultPaths.Local, VaultPaths.Index }.Where(options.Wants))
        {
            var clock = Stopwatch.StartNew();
            var tally = new FlipTally(file, options.Print);
            // One vault and one thread a file: in another vault, with other random ids, a row stands in another's place.
            using (var flips = new DatabaseFlips(options.Scratch))
            {
                long length = flips._files[Path.Combine(flips._machine.Folder, file)].Length;
                foreach (long bit in options.BitsOf(file, length)) tally.Try(bit, () => flips.Flip(file, bit, options.FullEvery));
            }

            files.Add(tally.Sum());
            violations.AddRange(tally.Violations);
            if (options.Print) BitReport.Print(files[^1], tally.Violations.Count, clock.Elapsed);
        }

        return new(files, violations);
    }

    public void Dispose() => Directory.Delete(_machine.Root, recursive: true);

    private (FlipEnd End, string? Error) Flip(string file, long bit, int fullEvery)
    {
        string path = Path.Combine(_machine.Folder, file);
        bool whole = false;
        byte[] bytes = [.. _files[path]];
        bytes[bit / 8] ^= (byte)(1 << (int)(bit % 8));
        File.WriteAllBytes(path, bytes);
        try
        {
            bool mark = file.EndsWith("-state", StringComparison.Ordinal);
            var (rows, error) = mark ? (null, null) : Rows(file);
            var tables = rows is null ? [] : Enumerable.Range(0, rows.Length).Where(t => !rows[t].AsSpan().SequenceEqual(Original(file)[t])).ToList();
            bool same = rows is not null && tables.Count == 0;
            whole = mark || tables.Count > 0 || bit % fullEvery == 0;
            if (whole)
            {
                Restore(except: path);
                File.WriteAllBytes(path, bytes);
                var (end, told) = Whole(file);
                if (tables.Count > 0) return (end, $"a row of table {string.Join(", ", tables)} differs: {told ?? "nothing that is asked for does"}");
                return (end, told ?? error);
            }

            return (same ? FlipEnd.Harmless : FlipEnd.Found, error);
        }
        finally
        {
            if (whole) Restore(except: null);
            else RestoreDatabase(path);
        }
    }

    // A sum of the rows of each table, or the typed error with which the store refuses.
    private (byte[][]? Rows, string? Error) Rows(string file)
    {
        string path = Path.Combine(_machine.Folder, file);
        SyncErrorKind damage = file == VaultPaths.Index ? SyncErrors.IndexDamaged : SyncErrors.LocalStateDamaged;
        try
        {
            using ITableStore store = file == VaultPaths.Index ? SqliteLogIndex.Open(path, _boot) : SqliteLocalStore.Open(path, create: false);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            using var transaction = store.Begin(write: false);
            var sums = new byte[ITableStore.TableCount][];
            Span<byte> lengths = stackalloc byte[8];
            for (int table = 0; table < sums.Length; table++)
            {
                foreach (var (key, value) in transaction.Scan(table))
                {
                    System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(lengths, key.Length);
                    System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(lengths[4..], value.Length);
                    hash.AppendData(lengths);
                    hash.AppendData(key);
                    hash.AppendData(value);
                }

                sums[table] = hash.GetHashAndReset();
            }

            return (sums, null);
        }
        catch (SyncException e) when (e.Kind == damage)
        {
            return (null, "refused: " + e.ErrorId);
        }
    }

    private readonly Dictionary<string, byte[][]> _originals = new(StringComparer.Ordinal);

    private byte[][] Original(string file)
    {
        if (_originals.TryGetValue(file, out byte[][]? known)) return known;
        string path = Path.Combine(_machine.Folder, file);
        byte[] flipped = File.ReadAllBytes(path);
        Restore(except: null);
        byte[][] rows = Rows(file).Rows ?? throw new Violation("the untouched file is refused");
        Restore(except: path);
        File.WriteAllBytes(path, flipped);
        return _originals[file] = rows;
    }

    // Opens the vault as mirord does, with its repair where it is told to; then everything has to be there and to work.
    private (FlipEnd End, string? Told) Whole(string file)
    {
        string? told = null;
        try
        {
            using var vault = _machine.Open();
            told = Look(vault, file);
        }
        catch (SyncException e) when (e.Kind == SyncErrors.LocalStateDamaged && file == VaultPaths.Local)
        {
            told = e.ErrorId;
            using var repaired = _machine.Open(forRepair: true);
            Repairer.RunAsync(repaired, new NodeOptions(), null).GetAwaiter().GetResult();
        }

        using var next = _machine.Open();
        if (Verifier.Run(next, new VerifyOptions(ReadData: true)).Damaged is [var left, ..]) throw new Violation($"verify finds {left.Where}: {left.What}");
        if (_expected.Check(next) is { } wrong) throw new Violation(wrong);
        next.Put(ExpectedItems.Collection, "item 0", new MemoryStream(Works));
        if (next.HeldVector(Lane.Data).Logs.Any(l => l.Value.Length > 1)) throw new Violation("the device contradicts itself");
        return (told is null ? FlipEnd.Harmless : FlipEnd.Found, told);
    }

    private string? Look(Vault vault, string file)
    {
        try
        {
            // A row whose key has rotted is not found under its own: of an index only verify can tell that. Nothing else may be wrong.
            if (_expected.Check(vault) is { } wrong && (file != VaultPaths.Index || !wrong.Contains("no value", StringComparison.Ordinal))) throw new Violation("before any repair, " + wrong);
        }
        catch (SyncException e) when ((e.Kind.Category == SyncErrorCategory.Integrity && e.Kind != SyncErrors.LocalStateDamaged) || e.Kind == SyncErrors.ContentNotHere)
        {
            // Told, and verify has to know it too.
        }

        var found = Verifier.Run(vault, new VerifyOptions(ReadData: true));
        if (found.Damaged.Count == 0)
        {
            // What commands read beside the items.
            _ = new PeerBook(vault).List();
            _ = PeerLine.Latest(vault);
            _ = vault.Status();
            return null;
        }

        Repairer.RunAsync(vault, new NodeOptions(), null).GetAwaiter().GetResult();
        return "told by verify, made again by repair";
    }

    // The file and those that SQLite and the store keep beside it: reading rows touches nothing else.
    private void RestoreDatabase(string path)
    {
        foreach (string file in Directory.GetFiles(_machine.Folder, Path.GetFileName(path) + "*")) RestoreFile(file);
    }

    // The folder and the state outside of it as they were, in the same inodes: the vault takes a new one for a copy of itself.
    private void Restore(string? except)
    {
        foreach (string file in Directory.GetFiles(_machine.Root, "*", SearchOption.AllDirectories).Where(f => f != except)) RestoreFile(file);
        foreach (string gone in _files.Keys.Where(f => f != except && !File.Exists(f))) RestoreFile(gone);
    }

    private void RestoreFile(string file)
    {
        if (!_files.TryGetValue(file, out byte[]? bytes)) File.Delete(file);
        else if (!(new FileInfo(file) is { Exists: true, Length: 0 } && bytes.Length == 0)) File.WriteAllBytes(file, bytes);
    }
}
