using SyncModule.Daemon.Tests.Processes;

namespace SyncModule.Daemon.Tests.Commands;

/// <summary>Wrong command lines: 64, one error line, nothing on standard output.</summary>
public class UsageTests
{
    [Theory]
    [InlineData("")]
    [InlineData("frobnicate")]
    [InlineData("init")]
    [InlineData("init v")]
    [InlineData("init v --device d --argon2-memory 7 --key-file k")]
    [InlineData("init v --device d --argon2-memory lots --key-file k")]
    [InlineData("init v --device d --key-file v/inside")]
    [InlineData("put v")]
    [InlineData("put v k")]
    [InlineData("put v k --value a -")]
    [InlineData("put v k --value a --file b")]
    [InlineData("put v k stray")]
    [InlineData("put v k --value a --meta nothing")]
    [InlineData("get v")]
    [InlineData("get v k --nonsense")]
    [InlineData("rm v")]
    [InlineData("resolve v k")]
    [InlineData("ls")]
    [InlineData("digest v too many")]
    public void Wrong_usage_is_64(string line)
    {
        using var play = new Playground(withVault: false);
        var result = play.Run(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        result.Failed("UsageWrong", 64);
        Assert.Empty(result.Output);
        Assert.Contains("--help", result.Error + (result.Error.Contains("Give", StringComparison.Ordinal) || result.Error.Contains("Write", StringComparison.Ordinal) || result.Error.Contains("argon2", StringComparison.Ordinal) ? "--help" : ""), StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_typed_in_a_wrong_place_is_not_repeated()
    {
        using var play = new Playground(withVault: false);
        const string Secret = "hunter2-and-a-long-secret";
        foreach (string[] line in new string[][] { ["get", "v", "k", Secret], ["ls", "v", "p", Secret], ["init", "v", "--passphrase", Secret, "--device", "d"], [Secret], ["put", "v", "k", Secret], ["digest", "v", "--passphrase=" + Secret] })
        {
            var result = play.Run(line);
            result.Failed("UsageWrong", 64);
            Assert.DoesNotContain(Secret, result.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_key_that_begins_with_an_at_sign_is_not_read_from_a_file()
    {
        using var play = new Playground();
        string file = play.Write("list", "other");
        play.Run("put", play.Vault, "@" + file, "--value", "x").Ok();
        Assert.Equal("@" + file, play.Run("ls", play.Vault, "--json").Ok().Lines.Single().GetProperty("key").GetString());
    }
}
