namespace SyncModule.Benchmarks.Rivals;

/// <summary>restic into a new repository on the same disk, with a cache of its own. Its time holds the stretching of its passphrase, which is part of each of its commands.</summary>
internal sealed class Restic
{
    private readonly string _program;
    private readonly string _cache;
    private readonly Dictionary<string, string> _environment = new(StringComparer.Ordinal) { ["RESTIC_PASSWORD"] = "only for this run" };

    private Restic(string program, string cache) => (_program, _cache) = (program, cache);

    /// <summary>Null, with a remark, when restic is missing.</summary>
    public static Restic? Find(BenchContext context)
    {
        if (Tools.Find("restic") is { } program) return new(program, context.Scratch.NewFolder("restic-cache"));
        context.Run.Remark("restic is not installed (apt-get install restic): its figures are missing.");
        return null;
    }

    /// <summary>Makes the repository, outside any clock.</summary>
    public void Prepare(string repository) => Tools.Run(_program, ["-q", "--cache-dir", _cache, "-r", repository, "init"], _environment);

    /// <summary>Seconds of one backup.</summary>
    public double Backup(string repository, string folder) =>
        BenchContext.Time(() => Tools.Run(_program, ["-q", "--cache-dir", _cache, "-r", repository, "backup", folder], _environment));
}
