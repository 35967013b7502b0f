using System.Security.Cryptography;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Tests.Golden;

/// <summary>
/// Today's code still writes the newest golden vault byte for byte. It is made once, where there is none, with SYNCMODULE_UPDATE_GOLDEN=1.
/// </summary>
public sealed class GoldenStoryTests
{
    private static readonly GoldenVault Newest = new(GoldenVault.Newest);

    [SameCompressionFact]
    public void The_story_still_makes_the_same_bytes()
    {
        using var story = GoldenStory.Tell();
        var made = GoldenVault.Make(story);
        if (!Directory.Exists(Newest.Folder) && Environment.GetEnvironmentVariable("SYNCMODULE_UPDATE_GOLDEN") == "1") Write(made);
        var kept = Newest.Kept();
        Assert.Equal(kept.Keys, made.Keys);
        Assert.All(made, f => Assert.True(kept[f.Key].AsSpan().SequenceEqual(f.Value), $"{f.Key} is not what the code makes now. If writers changed on purpose, keep this one and make the next beside it (docs/decisions/014)."));
        Assert.InRange(made.Sum(f => f.Value.Length), 1, 320_000);
    }

    private static void Write(SortedDictionary<string, byte[]> files)
    {
        foreach (var (path, bytes) in files)
        {
            string target = Path.Combine(Newest.Folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.WriteAllBytes(target, bytes);
        }
    }
}

/// <summary>A fact that holds where libzstd compresses as it did when the golden vault was made; another version may choose other bytes.</summary>
public sealed class SameCompressionFactAttribute : FactAttribute
{
    private const string Known = "d4372e1d7dafef82c2434886ea88dcddf8d830a5eb116b29e9c07cf7e5a3fdbc";

    public SameCompressionFactAttribute()
    {
        byte[] plain = [.. Enumerable.Range(0, 20_000).Select(i => (byte)(i * i >> 7))], packed = new byte[30_000];
        string hash = Zstd.TryCompress(plain, packed, 1, out int length) ? Convert.ToHexStringLower(SHA256.HashData(packed.AsSpan(0, length))) : "";
        if (hash != Known) Skip = $"libzstd compresses otherwise here than where the golden vault was made ({hash}).";
    }
}
