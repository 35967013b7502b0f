using System.Text.RegularExpressions;

namespace SyncModule.Commands.Tests;

/// <summary>
/// What readers copy must not teach them to leave secrets in PSReadLine's history file. The same lines go through PSReadLine itself in
/// the Pester suite; here its rule is written down, so that the test needs no PowerShell.
/// </summary>
public partial class SecretLiteralTests
{
    // Names whose values nobody would keep from others.
    private static readonly string[] Harmless = ["app/", "./motd", "notes/"];

    /// <summary>True when PSReadLine 2.4 keeps the line out of the history file.</summary>
    private static bool IsHeldBack(string line) => HeldBack().IsMatch(line);

    /// <summary>What in a line looks like a secret that was typed; null when nothing does.</summary>
    private static string? Literal(string line)
    {
        if (Invite().Match(line) is { Success: true } invite) return invite.Value;
        if (SecretParameter().Match(line) is { Success: true } parameter) return parameter.Value;
        if (PlainToSecure().Match(line) is { Success: true } conversion) return conversion.Value;
        return Value().Matches(line).FirstOrDefault(m => !Harmless.Any(h => m.Groups["name"].Value.StartsWith(h, StringComparison.Ordinal)))?.Value;
    }

    [Fact]
    public void No_documented_line_has_a_secret_literal()
    {
        var lines = Pages.TypedLines().ToList();
        Assert.True(lines.Count > 60);
        Assert.All(lines, l => Assert.True(Literal(l.Line) is null, $"{l.File}: '{Literal(l.Line)}' in: {l.Line}"));
    }

    [Fact]
    public void No_documented_line_that_goes_to_the_history_file_handles_a_plain_value_of_a_secret()
    {
        // A value in plain text, of whatever name, asked for or shown: such lines are held back, or they are not documented.
        foreach (var (file, line) in Pages.TypedLines().Where(l => PlainValue().IsMatch(l.Line)))
            Assert.True(IsHeldBack(line), $"{file}: {line}");
    }

    [Theory]
    [InlineData("Set-SyncItem db/pass 'hunter2'")]
    [InlineData("Set-SyncItem -Name db/pass -Value hunter2")]
    [InlineData("Set-SyncItem api/key \"abc\" -PassThru")]
    [InlineData("Set-Secret db/prod abc")]
    [InlineData("Set-Content SyncVault:/home/db/pass abc")]
    [InlineData("Unlock-SyncVault home -Passphrase 'abc'")]
    [InlineData("Connect-SyncVault home -Invite 'abc'")]
    [InlineData("'syncmodule:abc' | Connect-SyncVault home")]
    [InlineData("$s = ConvertTo-SecureString 'abc' -AsPlainText -Force")]
    public void The_test_finds(string line) => Assert.NotNull(Literal(line));

    [Theory]
    [InlineData("Set-SyncItem github/token")]
    [InlineData("Set-SyncItem db/prod (Get-Credential)")]
    [InlineData("Set-SyncItem db/prod $value -PassThru")]
    [InlineData("Set-SyncItem app/config @{ retries = 3 }")]
    [InlineData("Set-SyncItem app/motd 'good morning'")]
    [InlineData("Set-SyncItem github/token -Metadata @{ owner = 'web' }")]
    [InlineData("Connect-SyncVault home -InviteFile ./invite.txt")]
    public void The_test_lets_pass(string line) => Assert.Null(Literal(line));

    [Theory]
    [InlineData("Set-SyncItem db/pass 'hunter2'", false)]
    [InlineData("Set-SyncItem github/token", true)]
    [InlineData("Get-SyncValue db/pass -AsPlainText", true)]
    public void The_rule_of_PSReadLine_goes_by_words_alone(string line, bool heldBack) => Assert.Equal(heldBack, IsHeldBack(line));

    [GeneratedRegex("password|asplaintext|token|apikey|secret|connectionstring", RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1000)]
    private static partial Regex HeldBack();

    [GeneratedRegex(@"syncmodule:\S+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Invite();

    [GeneratedRegex(@"-(?:Passphrase|Password|Invite|Credential)\s+(?![$(@-])\S+", RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SecretParameter();

    [GeneratedRegex(@"ConvertTo-SecureString\s+(?:-String\s+)?(?![$(@-])\S+", RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PlainToSecure();

    // The first argument is the name; a second one that begins with none of $ ( @ - or a digit is a text.
    [GeneratedRegex(@"\b(?:Set-SyncItem|Set-Secret|Set-Content|Add-Content)\s+(?:-(?:Name|Path)\s+)?(?<name>[^\s$(-]\S*)\s+(?:-(?:Value|Secret)\s+(?![$(@\d])|(?![$(@\d|;>-]))\S+", RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Value();

    [GeneratedRegex(@"-AsPlainText|ConvertFrom-SecureString|GetNetworkCredential", RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PlainValue();
}
