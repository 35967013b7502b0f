using System.Text;
using SyncModule.Daemon.Tests.Processes;

namespace SyncModule.Daemon.Tests.Commands;

/// <summary>mirord apply: many changes from lines of JSON, as one commit or not at all.</summary>
public class ApplyCommandTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void All_lines_become_one_commit(bool atomic)
    {
        using var play = new Playground();
        play.Run("put", play.Vault, "old", "--value", "gone soon").Ok();
        play.Run("put", play.Vault, "kept", "--value", "value").Ok();
        File.WriteAllBytes(play.PathOf("large"), new byte[200_000]);
        string lines = "\uFEFF" + string.Join('\n',
            """{"op":"put","key":"a","value":"first"}""",
            """{"op":"put","collection":"notes","key":"a","value":"hällo","meta":{"tag":"cat","n":7}}""",
            "",
            $$"""{"op":"put","key":"large","file":{{System.Text.Json.JsonSerializer.Serialize(play.PathOf("large"))}}}""",
            """  {"op":"put","key":"a","base64":"AP8="}""" + "\r",
            """{"op":"delete","key":"old"}""",
            """{"op":"meta","key":"kept","meta":{"by":"me"}}""");
        long before = play.Run("status", play.Vault, "--json").Ok().Summary.GetProperty("commits").GetInt64();
        var summary = play.Run(Encoding.UTF8.GetBytes(lines), [.. (string[])["apply", play.Vault, "-", "--json"], .. atomic ? ["--atomic"] : Array.Empty<string>()]).Ok().Summary;
        Assert.Equal((5, 4, 1, atomic), (summary.GetProperty("operations").GetInt32(), summary.GetProperty("puts").GetInt32(), summary.GetProperty("deletes").GetInt32(), summary.GetProperty("atomic").GetBoolean()));
        Assert.Equal(64, summary.GetProperty("commit").GetString()!.Length);
        Assert.Equal(before + 1, play.Run("status", play.Vault, "--json").Ok().Summary.GetProperty("commits").GetInt64());
        Assert.Equal([0, 255], play.Run("get", play.Vault, "a").Ok().Output);
        Assert.Equal("hällo", play.Run("get", play.Vault, "a", "--collection", "notes").Ok().Text);
        Assert.Equal(200_000, play.Run("get", play.Vault, "large").Ok().Output.Length);
        Assert.Equal("value", play.Run("get", play.Vault, "kept").Ok().Text);
        play.Run("get", play.Vault, "old").Failed("ItemNotFound");
    }

    [Fact]
    public void A_file_is_applied_like_standard_input_and_one_without_lines_changes_nothing()
    {
        using var play = new Playground();
        string file = play.Write("changes.jsonl", """{"op":"put","key":"a","value":"1"}""" + "\n");
        Assert.Contains("1 operation in commit", play.Run("apply", play.Vault, file).Ok().Text, StringComparison.Ordinal);
        var summary = play.Run("apply", play.Vault, "-", "--json").Ok().Summary;
        Assert.Equal((System.Text.Json.JsonValueKind.Null, 0), (summary.GetProperty("commit").ValueKind, summary.GetProperty("operations").GetInt32()));
        play.Run("apply", play.Vault, play.PathOf("absent")).Failed("FileNotFound");
    }

    [Theory]
    [InlineData("LineInvalid", """{"op":"put","key":"b","value":1}""")]
    [InlineData("LineInvalid", """{"op":"put","key":"b","vaule":"x","value":"x"}""")]
    [InlineData("LineInvalid", """{"op":"put","key":"b","value":"x","value":"y"}""")]
    [InlineData("LineInvalid", """{"op":"put","key":"b","value":"x","base64":"AA=="}""")]
    [InlineData("LineInvalid", """{"op":"put","key":"b"}""")]
    [InlineData("LineInvalid", """{"op":"put","value":"x"}""")]
    [InlineData("LineInvalid", """{"op":"put","key":"b","base64":"A"}""")]
    [InlineData("LineInvalid", """{"op":"put","key":"b","value":"x","meta":{"n":1.5}}""")]
    [InlineData("LineInvalid", """{"op":"put","key":"b","value":"x","meta":[]}""")]
    [InlineData("LineInvalid", """{"op":"put","key":"b","value":"\ud800"}""")]
    [InlineData("LineInvalid", """{"op":"put","key":"b\ud800","value":"x"}""")]
    [InlineData("LineInvalid", """{"op":"meta","key":"a"}""")]
    [InlineData("LineInvalid", """{"op":"put","key":"b","fields":[]}""")]
    [InlineData("LineInvalid", """{"op":"put","key":"b","fields":{},"value":"x"}""")]
    [InlineData("LineInvalid", """{"op":"patch","key":"b"}""")]
    [InlineData("LineInvalid", """{"op":"patch","key":"b","set":{"/a":1},"unset":["/a"]}""")]
    [InlineData("NameInvalid", """{"op":"patch","key":"b","set":{"a":1}}""")]
    [InlineData("LineInvalid", """{"op":"patch","key":"b","unset":[1]}""")]
    [InlineData("NotACounter", """{"op":"inc","key":"b","path":"/n","by":0}""")]
    [InlineData("LineInvalid", """{"op":"inc","key":"b","path":"/n","by":1.5}""")]
    [InlineData("LineInvalid", """{"op":"inc","key":"b"}""")]
    [InlineData("NotStructured", """{"op":"inc","key":"a","path":"/n"}""")]
    [InlineData("LineInvalid", """{"op":"set-counter","key":"b","path":"/n"}""")]
    [InlineData("LineInvalid", """{"op":"add","key":"b","path":"/s","elements":[]}""")]
    [InlineData("LineInvalid", """{"op":"remove","key":"b","path":"/s"}""")]
    [InlineData("ItemNotFound", """{"op":"rmtree","key":"b"}""")]
    [InlineData("NotAMember", """{"op":"own","collection":"c","to":"nobody"}""")]
    [InlineData("LineInvalid", """{"op":"own","collection":"c","key":"b"}""")]
    [InlineData("LineInvalid", """{"op":"fly","key":"b"}""")]
    [InlineData("LineInvalid", """{"key":"b"}""")]
    [InlineData("LineInvalid", "[]")]
    [InlineData("LineInvalid", "{")]
    [InlineData("LineInvalid", "secret words")]
    [InlineData("NameInvalid", """{"op":"put","key":"","value":"x"}""")]
    [InlineData("NameInvalid", """{"op":"put","collection":"","key":"b","value":"x"}""")]
    [InlineData("FileNotFound", """{"op":"put","key":"b","file":"/there/is/none"}""")]
    [InlineData("ItemNotFound", """{"op":"delete","key":"b"}""")]
    [InlineData("ItemNotFound", """{"op":"meta","key":"b","meta":{}}""")]
    public void A_bad_line_is_named_and_nothing_is_written(string error, string bad)
    {
        using var play = new Playground();
        string digest = play.Run("digest", play.Vault).Ok().Text;
        byte[] lines = Encoding.UTF8.GetBytes("""{"op":"put","key":"a","value":"1"}""" + "\n\n" + bad + "\n" + """{"op":"put","key":"c","value":"1"}""");
        var result = play.Run(lines, "apply", play.Vault, "-", "--json").Failed(error);
        Assert.Contains(": Line 3: ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
        Assert.Equal(digest, play.Run("digest", play.Vault).Ok().Text);
    }

    [Fact]
    public void Parts_of_items_trees_and_owners_go_into_the_same_commit()
    {
        using var play = new Playground();
        play.Run("put", play.Vault, "app", "--fields", "--value", """{"url":"old","n":1,"tags":["a"]}""").Ok();
        play.Run("put", play.Vault, "docs/1", "--value", "x").Ok();
        play.Run("put", play.Vault, "docs", "--value", "x").Ok();
        play.Run("collection", "set", play.Vault, "merged", "--policy", "field-merge").Ok();
        long before = play.Run("status", play.Vault, "--json").Ok().Summary.GetProperty("commits").GetInt64();
        string lines = string.Join('\n',
            """{"op":"patch","key":"app","set":{"/url":"new","/deep/x":[1]},"unset":["/gone"]}""",
            """{"op":"inc","key":"app","path":"/n","by":4}""",
            """{"op":"inc","key":"app","path":"/n"}""",
            """{"op":"set-counter","key":"app","path":"/hits","to":7}""",
            """{"op":"add","key":"app","path":"/tags","elements":["b",{"id":1}]}""",
            """{"op":"remove","key":"app","path":"/tags","elements":["a"]}""",
            """{"op":"put","collection":"notes","key":"n","fields":{"text":"t"},"meta":{"by":"me"}}""",
            """{"op":"patch","collection":"notes","key":"n","set":{"/more":true}}""",
            """{"op":"put","collection":"merged","key":"m","value":"{\"a\":1}"}""",
            """{"op":"rmtree","key":"docs"}""",
            """{"op":"own","collection":"volumes","unit":"disk"}""");
        var summary = play.Run(Encoding.UTF8.GetBytes(lines), "apply", play.Vault, "-", "--json").Ok().Summary;
        Assert.Equal((3, 1), (summary.GetProperty("puts").GetInt32(), summary.GetProperty("deletes").GetInt32()));
        Assert.Equal(before + 1, play.Run("status", play.Vault, "--json").Ok().Summary.GetProperty("commits").GetInt64());
        Assert.Equal("""{"deep":{"x":[1]},"hits":7,"n":6,"tags":["b",{"id":1}],"url":"new"}""", play.Run("get", play.Vault, "app").Ok().Text);
        Assert.Equal("""{"more":true,"text":"t"}""", play.Run("get", play.Vault, "n", "--collection", "notes").Ok().Text);
        play.Run("patch", play.Vault, "m", "/b:=2", "--collection", "merged").Ok();
        Assert.Equal("""{"a":1,"b":2}""", play.Run("get", play.Vault, "m", "--collection", "merged").Ok().Text);
        play.Run("get", play.Vault, "docs/1").Failed("ItemNotFound");
        Assert.Equal("disk", play.Run("collection", "owners", play.Vault, "volumes", "--json").Ok().Summary.GetProperty("unit").GetString());
        play.Run(Encoding.UTF8.GetBytes("""{"op":"own","collection":"volumes","unit":"tape"}"""), "apply", play.Vault, "-", "--atomic").Failed("NotInTransaction");
    }

    [Fact]
    public void Many_lines_are_one_commit_however_long_they_are()
    {
        using var play = new Playground();
        var lines = new StringBuilder();
        for (int i = 0; i < 9000; i++) lines.Append(System.Globalization.CultureInfo.InvariantCulture, $$"""{"op":"put","key":"k{{i}}","value":"{{i}} {{Convert.ToBase64String(System.Security.Cryptography.SHA512.HashData(BitConverter.GetBytes(i)))}}{{new string('x', 400)}}"}""").Append('\n');
        var summary = play.Run(Encoding.UTF8.GetBytes(lines.ToString()), "apply", play.Vault, "-", "--atomic", "--json").Ok().Summary;
        Assert.Equal(9000, summary.GetProperty("puts").GetInt32());
        var status = play.Run("status", play.Vault, "--json").Ok().Summary;
        Assert.Equal((9000, 1), (status.GetProperty("items").GetInt64(), status.GetProperty("objects").GetInt64()));
        Assert.StartsWith("8123 ", play.Run("get", play.Vault, "k8123").Ok().Text, StringComparison.Ordinal);
        play.Run("verify", play.Vault, "--read-data").Ok();
    }

    [Fact]
    public void What_is_too_much_for_one_commit_is_refused_whole()
    {
        using var play = new Playground();
        var lines = new StringBuilder();
        for (int i = 0; i < 3900; i++) lines.Append(System.Globalization.CultureInfo.InvariantCulture, $$"""{"op":"put","key":"k{{i}}","value":"{{new string('x', 4000)}}"}""").Append('\n');
        play.Run(Encoding.UTF8.GetBytes(lines.ToString()), "apply", play.Vault, "-").Failed("TransactionTooLarge");
        play.Run([.. "{\"op\":\"put\",\"key\":\"a\",\"value\":\""u8, .. Enumerable.Repeat((byte)'x', 5 << 20)], "apply", play.Vault, "-").Failed("LineInvalid");
        Assert.Empty(play.Run("ls", play.Vault, "--json").Ok().Output);
    }
}
