using SyncModule.LargeRuns.Bits;

namespace SyncModule.Engine.Tests.LargeRuns;

/// <summary>The flipped bits of tests/large.sh, reduced.</summary>
public sealed class BitFlipTests
{
    [Theory]
    [InlineData("vault.json", 29)]
    [InlineData("log", 1_999)]
    [InlineData("packs", 61)]
    [InlineData("journal", 97)]
    [InlineData("index.db-state", 7)]
    [InlineData("local.db", 1_999)]
    [InlineData("index.db", 1_999)]
    public void A_flipped_bit_is_found_and_healed_or_said(string file, int stride)
    {
        var result = BitResult.Run(new BitOptions(Path.GetTempPath(), stride, FullEvery: 63, File: file));
        Assert.Empty(result.Violations);
        var flips = Assert.Single(result.Files.GroupBy(f => f.File)).ToList();
        Assert.True(flips.Sum(f => f.Flips) > 10);
        Assert.Equal(file is "log" or "packs" or "local.db" or "index.db", flips.Sum(f => f.Found) > 0);
        Assert.Equal(file == "vault.json", flips.Sum(f => f.Refused) > 0);
    }
}
