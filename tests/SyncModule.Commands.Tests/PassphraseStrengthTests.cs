using SyncModule.Commands.Vaults;

namespace SyncModule.Commands.Tests;

/// <summary>What a person is told about a new passphrase.</summary>
public class PassphraseStrengthTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("password")]
    [InlineData("hunter2")]
    [InlineData("Passw0rd!")]
    [InlineData("Tr0ub4dor&3")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("abcdefghijklmnopqrstuvwxyz")]
    [InlineData("1234567890123456")]
    [InlineData("summer summer summer summer")]
    [InlineData("correct horse")]
    public void What_guessers_try_first_is_weak(string passphrase) => Assert.StartsWith("Strength: weak.", PassphraseStrength.Describe(passphrase), StringComparison.Ordinal);

    [Theory]
    [InlineData("correct horse battery")]
    [InlineData("x9#kQ2vL")]
    public void A_little_more_is_fair(string passphrase) => Assert.StartsWith("Strength: fair.", PassphraseStrength.Describe(passphrase), StringComparison.Ordinal);

    [Theory]
    [InlineData("correct horse battery staple")]
    [InlineData("korrekt-Pferd-Batterie-Klammer")]
    [InlineData("xK9#mQ2%vL8w")]
    public void Four_words_are_strong(string passphrase) => Assert.Equal("Strength: strong.", PassphraseStrength.Describe(passphrase));

    [Fact]
    public void A_longer_one_of_other_words_is_never_weaker()
    {
        int last = 0;
        foreach (string more in new[] { "river", "river stone", "river stone cloud", "river stone cloud 7" })
        {
            int bits = PassphraseStrength.BitsOf(more);
            Assert.True(bits > last, more);
            last = bits;
        }
    }
}
