using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Tests.Processes;

namespace SyncModule.Daemon.Tests.Commands;

/// <summary>ls and get at a time, ls since a token, restore, copy.</summary>
public class PastCommandTests
{
    [Fact]
    public void A_vault_is_shown_as_it_was()
    {
        using var play = new Playground();
        play.Run("put", play.Vault, "a", "--value", "first").Ok();
        play.Run("put", play.Vault, "b", "--value", "later gone").Ok();
        string at = play.Run("history", play.Vault, "b", "--json").Ok().Summary.GetProperty("modified").GetDateTimeOffset().ToString("O", System.Globalization.CultureInfo.InvariantCulture);
        play.Run("put", play.Vault, "a", "--value", "second").Ok();
        play.Run("rm", play.Vault, "b").Ok();
        Assert.Equal(["a", "b"], play.Run("ls", play.Vault, "--at", at, "--json").Ok().Lines.Select(l => l.GetProperty("key").GetString()));
        Assert.Equal(["b"], play.Run("ls", play.Vault, "b", "--at", at, "--json").Ok().Lines.Select(l => l.GetProperty("key").GetString()));
        Assert.Equal("first", play.Run("get", play.Vault, "a", "--at", at).Ok().Text);
        Assert.Equal("later gone", play.Run("get", play.Vault, "b", "--at", at).Ok().Text);
        Assert.Empty(play.Run("ls", play.Vault, "--at", "1d", "--json").Ok().Output);
        play.Run("get", play.Vault, "a", "--at", "2h").Failed("ItemNotFound");
        play.Run("ls", play.Vault, "--at", "yesterday").Failed("UsageWrong", ExitCode.Usage);
        play.Run("get", play.Vault, "a", "--at", at, "--version", "0000").Failed("UsageWrong", ExitCode.Usage);
    }

    [Fact]
    public void What_has_changed_since_a_token_is_listed_with_deletions()
    {
        using var play = new Playground();
        play.Run("put", play.Vault, "a", "--value", "1").Ok();
        play.Run("put", play.Vault, "b", "--value", "1").Ok();
        string token = play.Run("status", play.Vault, "--json").Ok().Summary.GetProperty("token").GetString()!;
        Assert.Empty(play.Run("ls", play.Vault, "--since", token, "--json").Ok().Output);
        play.Run("put", play.Vault, "c", "--value", "1").Ok();
        play.Run("rm", play.Vault, "a").Ok();
        var lines = play.Run("ls", play.Vault, "--since", token, "--json").Ok().Lines;
        Assert.Equal([("a", true), ("c", false)], lines.Select(l => (l.GetProperty("key").GetString()!, l.GetProperty("deleted").GetBoolean())));
        play.Run("ls", play.Vault, "--since", token[..^2]).Failed("TokenInvalid");
        play.Run("ls", play.Vault, "--since", token, "--at", "2h").Failed("UsageWrong", ExitCode.Usage);
    }

    [Fact]
    public void An_old_version_is_restored()
    {
        using var play = new Playground();
        play.Run("put", play.Vault, "a", "--value", "first", "--meta", "k=v").Ok();
        string first = play.Run("history", play.Vault, "a", "--json").Ok().Summary.GetProperty("id").GetString()!;
        play.Run("put", play.Vault, "a", "--value", "second").Ok();
        play.Run("rm", play.Vault, "a").Ok();
        var summary = play.Run("restore", play.Vault, "a", "--version", first, "--json").Ok().Summary;
        Assert.Equal((5, "a"), (summary.GetProperty("bytes").GetInt32(), summary.GetProperty("key").GetString()));
        Assert.Equal("first", play.Run("get", play.Vault, "a").Ok().Text);
        Assert.Equal(summary.GetProperty("version").GetString(), play.Run("history", play.Vault, "a", "--json").Ok().Lines[0].GetProperty("id").GetString());
        play.Run("restore", play.Vault, "a", "--version", "0123456789abcdef").Failed("VersionNotFound");
        play.Run("restore", play.Vault, "none", "--version", first).Failed("ItemNotFound");
    }

    [Fact]
    public void Items_are_copied_and_nothing_is_overwritten()
    {
        using var play = new Playground();
        string work = play.PathOf("work"), workKey = play.PathOf("work.key");
        play.Run("init", work, "--device", "desk", "--key-file", workKey).Ok();
        play.Run("put", play.Vault, "a", "--value", "ours", "--meta", "k=v").Ok();
        play.Run("put", play.Vault, "b", "--value", "ours").Ok();
        play.Run("put", work, "b", "--value", "theirs", "--key-file", workKey).Ok();
        string[] copy = ["copy", play.Vault, "a", "b", "--to", work, "--to-key-file", workKey, "--json"];
        Assert.Equal(["Copied", "Conflict"], play.Run(copy).Ok().Lines.Select(l => l.GetProperty("state").GetString()));
        Assert.Equal(["Equal", "Equal"], play.Run(copy).Ok().Lines.Select(l => l.GetProperty("state").GetString()));
        Assert.Equal(2, play.Run("ls", work, "b", "--json", "--key-file", workKey).Ok().Summary.GetProperty("versions").GetInt32());
        var (from, to) = (play.Run("ls", play.Vault, "a", "--json").Ok().Summary, play.Run("ls", work, "a", "--json", "--key-file", workKey).Ok().Summary);
        Assert.Equal(from.GetProperty("modified").GetDateTimeOffset(), to.GetProperty("modified").GetDateTimeOffset());
        Assert.Contains("copied to c", play.Run("copy", play.Vault, "a", "--as", "c").Ok().Text, StringComparison.Ordinal);
        Assert.Equal("ours", play.Run("get", play.Vault, "c").Ok().Text);
        play.Run("copy", play.Vault, "a").Failed("UsageWrong", ExitCode.Usage);
        play.Run("copy", play.Vault, "a", "b", "--as", "c").Failed("UsageWrong", ExitCode.Usage);
        play.Run("copy", play.Vault, "none", "--as", "c").Failed("ItemNotFound");
    }

    [Theory]
    [InlineData("2026-11-30", "2026-11-30T00:00:00")]
    [InlineData("2026-11-30T14:05", "2026-11-30T14:05:00")]
    [InlineData("2026-11-30 14:05:06", "2026-11-30T14:05:06")]
    public void A_time_without_an_offset_is_local(string text, string local) =>
        Assert.Equal(DateTimeOffset.Parse(local, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeLocal), TimeText.Parse("--at", text, DateTimeOffset.Now));

    [Fact]
    public void Times_with_offsets_and_durations_are_understood_and_nothing_else_is()
    {
        var now = new DateTimeOffset(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);
        Assert.Equal(now, TimeText.Parse("--at", "2026-11-30T12:00Z", now));
        Assert.Equal(now.AddTicks(5), TimeText.Parse("--at", "2026-11-30T14:00:00.0000005+02:00", now));
        Assert.Equal(now.AddHours(-2), TimeText.Parse("--at", "2h", now));
        Assert.Equal(now.AddDays(-30), TimeText.Parse("--at", "30d", now));
        foreach (string wrong in (string[])["", "h", "-2h", "0h", "2.5h", "2 h", "2w", "99999999d", "12:00", "2026-13-01", "30.11.2026", "tomorrow"])
            Assert.Equal(SyncErrors.UsageWrong, Assert.Throws<SyncException>(() => TimeText.Parse("--at", wrong, now)).Kind);
    }
}
