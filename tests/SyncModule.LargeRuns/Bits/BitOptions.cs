namespace SyncModule.LargeRuns.Bits;

/// <summary>What a run does: every <paramref name="Stride"/>-th bit of each file.</summary>
/// <param name="Scratch">An existing folder for the files of the two databases.</param>
/// <param name="FullEvery">
/// Every so-manieth flip takes the long course: another round after the repair and another look by the next process; of the databases'
/// flips in which the rows read as before, or the file is refused, opening, verifying and repairing. Odd, so that each bit of a byte has its turn.
/// </param>
/// <param name="File">Only this file, or some of its bits as FILE:BIT or FILE:FIRST-LAST.</param>
internal sealed record BitOptions(string Scratch, int Stride = 1, int FullEvery = 511, int Threads = 2, string? File = null, bool Print = false)
{
    public bool Wants(string file) => File is null || File == file || File.StartsWith(file + ":", StringComparison.Ordinal);

    /// <summary>The bits of a file that are flipped, by number: bit n is bit n % 8 of byte n / 8.</summary>
    public IEnumerable<long> BitsOf(string file, long length)
    {
        if (File is not { } chosen || !chosen.StartsWith(file + ":", StringComparison.Ordinal)) return Every(length * 8, Stride);
        long[] ends = [.. chosen[(file.Length + 1)..].Split('-').Select(n => long.Parse(n, System.Globalization.CultureInfo.InvariantCulture))];
        return Every(length * 8, Stride).SkipWhile(b => b < ends[0]).TakeWhile(b => b <= ends[^1]);
    }

    // A stride that shares a factor with 8 would always flip the same bits of a byte.
    private static IEnumerable<long> Every(long bits, int stride)
    {
        for (long bit = 0; bit < bits; bit += stride) yield return stride == 1 ? bit : Math.Min(bits - 1, bit + (bit / stride % 8));
    }
}

/// <summary>What became of the flips of one file. They add up: Flips = Found + Harmless + Refused.</summary>
/// <param name="Found">Told by verify or by opening, and healed from the peer or made again.</param>
/// <param name="Harmless">Nothing reads differently, and everything works: room that nobody reads.</param>
/// <param name="Refused">Not healable: a typed error says so whenever the vault is opened.</param>
internal sealed record FileFlips(string File, long Flips, long Found, long Harmless, long Refused)
{
    /// <summary>For what was refused: which error, where.</summary>
    public SortedDictionary<string, long> Errors { get; init; } = new(StringComparer.Ordinal);
}

/// <summary>Counts of all files. Violations say file and bit, with which one is run again.</summary>
internal sealed record BitResult(IReadOnlyList<FileFlips> Files, IReadOnlyList<string> Violations)
{
    public static BitResult Run(BitOptions options)
    {
        var plain = VaultFlips.Run(options);
        var databases = DatabaseFlips.Run(options);
        return new([.. plain.Files, .. databases.Files], [.. plain.Violations, .. databases.Violations]);
    }
}
