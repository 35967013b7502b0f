using System.Text;
using System.Text.Json;
using SyncModule.Daemon.Tests.Processes;

namespace SyncModule.Daemon.Tests.Commands;

/// <summary>Derived collections from the command line (docs/decisions/125).</summary>
public class DerivedCommandTests
{
    [Fact]
    public void Lines_become_the_content_and_it_reads_like_any_other()
    {
        using var play = new Playground();
        var set = play.Run("collection", "set", play.Vault, "search", "--derived", "--json").Ok().Summary;
        Assert.Equal("notMade", set.GetProperty("derived").GetProperty("state").GetString());
        string lines = """
            {"key":"a","value":"text"}

            {"key":"b","value":{"n":[1,"Zwölf"]},"meta":{"from":"x"}}
            {"key":"c","base64":"AAEC"}
            {"key":"a","value":"the last stands"}
            """;
        var made = Rebuild(play, lines, "--json").Ok().Summary;
        Assert.Equal((3, false, true), (made.GetProperty("items").GetInt32(), made.GetProperty("stale").GetBoolean(), made.GetProperty("rebuilt").GetBoolean()));
        Assert.Equal("the last stands", Get(play, "a"));
        Assert.Equal("""{"n":[1,"Zwölf"]}""", Get(play, "b"));
        var row = play.Run("ls", play.Vault, "--collection", "search", "--json").Ok().Lines.Single(l => l.GetProperty("key").GetString() == "c");
        Assert.Equal((true, 3, "", "Here", "desk"), (row.GetProperty("derived").GetBoolean(), row.GetProperty("bytes").GetInt32(), row.GetProperty("version").GetString(), row.GetProperty("state").GetString(), row.GetProperty("device").GetString()));
        Assert.Matches("search +a +15 B .* desk +derived", play.Run("ls", play.Vault).Ok().Text);
        play.Run("put", play.Vault, "one", "--value", "1").Ok();
        Assert.False(play.Run("ls", play.Vault, "one", "--json").Ok().Summary.GetProperty("derived").GetBoolean());
        Assert.Matches("search +3 +[^ ]+ [^ ]+ +stale", play.Run("collection", "list", play.Vault).Ok().Text);
        Assert.Matches("derived +search: stale, made .*, 3 items", play.Run("status", play.Vault).Ok().Text);
        Assert.Equal("stale", play.Run("status", play.Vault, "--json").Ok().Summary.GetProperty("derived")[0].GetProperty("state").GetString());
        Assert.Contains("search: 1 item.", Rebuild(play, """{"key":"n","value":7}""").Ok().Text, StringComparison.Ordinal);
        Assert.Equal("7", Get(play, "n"));
        play.Run("get", play.Vault, "a", "--collection", "search").Failed("ItemNotFound");
        Assert.Equal("current", play.Run("status", play.Vault, "--json").Ok().Summary.GetProperty("derived")[0].GetProperty("state").GetString());
        Assert.Contains("search is current", Rebuild(play, "these are no lines", "--if-stale").Ok().Text, StringComparison.Ordinal);
        Assert.Equal("7", Get(play, "n"));
    }

    [Fact]
    public void What_goes_wrong_leaves_the_content_and_says_what_to_do()
    {
        using var play = new Playground();
        play.Run("put", play.Vault, "k", "--value", "1", "--collection", "written").Ok();
        play.Run("collection", "set", play.Vault, "written", "--derived").Failed("CollectionHasItems");
        Rebuild(play, "").Failed("CollectionNotDerived");
        play.Run("collection", "set", play.Vault, "search", "--derived").Ok();
        Rebuild(play, """{"key":"k","value":"good"}""").Ok();
        foreach (string bad in new[] { "no json", """{"key":"x"}""", """{"key":"x","value":null}""", """{"key":"x","value":1,"base64":""}""", """{"key":"x","value":1,"more":2}""", """{"value":1}""", "[1]" })
        {
            var failed = Rebuild(play, """{"key":"j","value":"half"}""" + "\n" + bad);
            failed.Failed("LineInvalid");
            Assert.Contains("Line 2:", failed.Error, StringComparison.Ordinal);
            Assert.Contains("content is as it was", failed.Error, StringComparison.Ordinal);
        }

        Rebuild(play, $$"""{"key":"x","value":"{{new string('v', (1 << 20) + 1)}}"}""").Failed("ValueTooLarge");
        Rebuild(play, "", "--made-from", "since-nothing").Failed("TokenInvalid");
        Assert.Equal("good", Get(play, "k"));
        Assert.Single(play.Run("ls", play.Vault, "--collection", "search", "--json").Ok().Lines);
        play.Run("put", play.Vault, "k", "--value", "2", "--collection", "search").Failed("CollectionDerived");
        play.Run("rm", play.Vault, "k", "--collection", "search").Failed("CollectionDerived");
        play.Run("rm", play.Vault, "k", "--recursive", "--collection", "search").Failed("CollectionDerived");
        play.Run("patch", play.Vault, "k", "/a=1", "--collection", "search").Failed("CollectionDerived");
        play.Run("copy", play.Vault, "k", "--collection", "written", "--to-collection", "search").Failed("CollectionDerived");
        play.Run("import", play.Vault, play.Root, "--collection", "search").Failed("CollectionDerived");
        play.Run("export", play.Vault, play.PathOf("out"), "--collection", "search").Failed("CollectionDerived");
        play.Run(Encoding.UTF8.GetBytes("""{"op":"put","collection":"search","key":"k","value":"x"}"""), "apply", play.Vault, "-").Failed("CollectionDerived");
        play.Run("history", play.Vault, "k", "--collection", "search").Failed("ItemNotFound");
        play.Run("collection", "set", play.Vault, "search", "--derived", "false").Ok();
        play.Run("put", play.Vault, "k", "--value", "2", "--collection", "search").Ok();
    }

    [Fact]
    public void A_program_makes_the_lines_without_a_shell_and_its_failure_counts()
    {
        if (OperatingSystem.IsWindows()) return;
        using var play = new Playground();
        play.Run("collection", "set", play.Vault, "search", "--derived").Ok();
        string script = play.Write("lines.sh", "#!/bin/sh\nprintf '{\"key\":\"%s\",\"value\":\"v\"}\\n' \"$@\"\nexit ${END:-0}\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        play.Run("collection", "rebuild", play.Vault, "search", "--", script, "a b", "$(touch x)", "--json").Ok();
        Assert.Equal(["$(touch x)", "--json", "a b"], play.Run("ls", play.Vault, "--collection", "search", "--json").Ok().Lines.Select(l => l.GetProperty("key").GetString()));
        play.Environment["END"] = "3";
        Assert.Contains("exit code 3", Failed(play.Run("collection", "rebuild", play.Vault, "search", "--", script, "other")), StringComparison.Ordinal);
        play.Environment.Remove("END");
        Assert.Contains("cannot be started", Failed(play.Run("collection", "rebuild", play.Vault, "search", "--", play.PathOf("none"))), StringComparison.Ordinal);
        Assert.Equal(3, play.Run("ls", play.Vault, "--collection", "search", "--json").Ok().Lines.Count);
        // What it was current with is asked before it runs: a change that it makes itself counts as later.
        string writer = play.Write("writer.sh", $"#!/bin/sh\ndotnet '{Mirord.Program}' put '{play.Vault}' late --value 1 >/dev/null\necho '{{\"key\":\"k\",\"value\":1}}'\n");
        File.SetUnixFileMode(writer, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Assert.True(play.Run("collection", "rebuild", play.Vault, "search", "--json", "--", writer).Ok().Summary.GetProperty("stale").GetBoolean());

        static string Failed(MirordResult result)
        {
            result.Failed("CommandFailed");
            return result.Error;
        }
    }

    [Fact]
    public void A_state_that_is_named_counts_instead_of_the_present_one()
    {
        using var play = new Playground();
        play.Run("collection", "set", play.Vault, "search", "--derived").Ok();
        string token = play.Run("status", play.Vault, "--json").Ok().Summary.GetProperty("token").GetString()!;
        Assert.False(Rebuild(play, "", "--made-from", token, "--json").Ok().Summary.GetProperty("stale").GetBoolean());
        play.Run("put", play.Vault, "k", "--value", "1").Ok();
        Assert.True(Rebuild(play, "", "--made-from", token, "--json").Ok().Summary.GetProperty("stale").GetBoolean());
    }

    [Fact]
    public void A_sync_says_what_it_made_stale_and_never_sends_a_name()
    {
        using var two = new TwoMachines();
        var (desk, laptop) = (two.Desk, two.Laptop);
        laptop.Run("collection", "set", laptop.Vault, "search", "--derived").Ok();
        laptop.Run(Encoding.UTF8.GetBytes("""{"key":"k","value":"v"}"""), "collection", "rebuild", laptop.Vault, "search").Ok();
        Assert.Equal(0, Stale(laptop.Run("sync", laptop.Vault, two.Address, "--json").Ok()).GetArrayLength());
        Assert.Empty(desk.Run("ls", desk.Vault, "--collection", "search", "--json").Ok().Text);
        Assert.Equal("notMade", desk.Run("status", desk.Vault, "--json").Ok().Summary.GetProperty("derived")[0].GetProperty("state").GetString());
        Assert.Equal(desk.Run("digest", desk.Vault).Ok().Text, laptop.Run("digest", laptop.Vault).Ok().Text);
        desk.Run("put", desk.Vault, "news", "--value", "1").Ok();
        Assert.Equal("search", Stale(laptop.Run("sync", laptop.Vault, two.Address, "--json").Ok())[0].GetString());
        Assert.Contains("mirord collection rebuild): search", laptop.Run("sync", laptop.Vault, two.Address).Ok().Text, StringComparison.Ordinal);

        static JsonElement Stale(MirordResult result) => result.Summary.GetProperty("stale");
    }

    [Fact]
    public void Following_tells_of_a_change_when_it_is_there_and_at_first_of_what_was_missed()
    {
        using var two = new TwoMachines();
        var (desk, laptop) = (two.Desk, two.Laptop);
        laptop.Run("collection", "set", laptop.Vault, "search", "--derived").Ok();
        laptop.Run([], "collection", "rebuild", laptop.Vault, "search").Ok();
        laptop.Run("put", laptop.Vault, "missed", "--value", "1").Ok();
        var following = two.Start(laptop, "follow", laptop.Vault, two.Address, "--json");
        Until("Stale");
        laptop.Run([], "collection", "rebuild", laptop.Vault, "search").Ok();
        desk.Run("put", desk.Vault, "live", "--value", "now").Ok();
        Assert.Equal("search", Until("Stale").GetProperty("collection").GetString()); // without anything coming behind it
        Assert.Equal("now", laptop.Run("get", laptop.Vault, "live").Ok().Text);

        JsonElement Until(string kind)
        {
            while (true)
            {
                string line = following.StandardOutput.ReadLineAsync().WaitAsync(Mirord.Patience).GetAwaiter().GetResult() ?? throw new EndOfStreamException("It ended: " + following.StandardError.ReadToEnd());
                var e = JsonDocument.Parse(line).RootElement;
                if (e.GetProperty("kind").GetString() == kind) return e;
            }
        }
    }

    private static MirordResult Rebuild(Playground play, string lines, params string[] options) =>
        play.Run(Encoding.UTF8.GetBytes(lines), ["collection", "rebuild", play.Vault, "search", .. options]);

    private static string Get(Playground play, string key) => play.Run("get", play.Vault, key, "--collection", "search").Ok().Text;
}
