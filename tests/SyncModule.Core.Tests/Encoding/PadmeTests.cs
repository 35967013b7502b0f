using FsCheck;
using FsCheck.Fluent;
using SyncModule.Core.Encoding;

namespace SyncModule.Core.Tests.Encoding;

public class PadmeTests
{
    [Theory]
    [InlineData(0, 256)]
    [InlineData(1, 256)]
    [InlineData(255, 256)]
    [InlineData(256, 256)]
    [InlineData(257, 272)] // exponent 8, 4 significant bits kept: steps of 16
    [InlineData(272, 272)]
    [InlineData(273, 288)]
    [InlineData(1023, 1024)]
    [InlineData(1025, 1088)]
    [InlineData(65_537, 67_584)]
    [InlineData(1_048_577, 1_081_344)]
    [InlineData(15 * 1024 * 1024, 15 * 1024 * 1024)]
    public void Known_lengths(int length, int padded) => Assert.Equal(padded, Padme.PaddedLength(length));

    [Fact]
    public void Padding_never_shrinks_is_stable_grows_with_the_length_and_costs_at_most_an_eighth() =>
        Prop.ForAll(Gen.Choose(257, 1 << 25).ToArbitrary(), length =>
        {
            int padded = Padme.PaddedLength(length);
            return padded >= length && Padme.PaddedLength(padded) == padded && Padme.PaddedLength(length + 1) >= padded && padded - length <= length / 8;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Ten_thousand_sizes_show_as_few_lengths()
    {
        var random = new Random(7);
        var lengths = Enumerable.Range(0, 10_000).Select(_ => Padme.PaddedLength(random.Next(1 << 20))).Distinct();
        Assert.InRange(lengths.Count(), 10, 300);
    }

    [Fact]
    public void Lengths_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Padme.PaddedLength(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Padme.PaddedLength((1 << 30) + 1));
    }
}
