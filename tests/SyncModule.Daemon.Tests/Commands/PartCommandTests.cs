using System.Text;
using SyncModule.Daemon.Tests.Processes;

namespace SyncModule.Daemon.Tests.Commands;

/// <summary>patch, increment, element and rm --recursive.</summary>
public class PartCommandTests
{
    [Fact]
    public void Fields_are_set_and_removed()
    {
        using var play = new Playground();
        play.Run("put", play.Vault, "app", "--value", """{"url":"old","proxy":"p","deep":{"x":1}}""").Ok();
        var summary = play.Run("patch", play.Vault, "app", "/url=https://a?b=c", "/retries:=3", "/deep/y:=[1, true]", "--unset", "/proxy", "--json").Ok().Summary;
        Assert.Equal(("app", 3, 1), (summary.GetProperty("key").GetString(), summary.GetProperty("set").GetInt32(), summary.GetProperty("unset").GetInt32()));
        Assert.Equal(64, summary.GetProperty("commit").GetString()!.Length);
        Assert.Equal("""{"deep":{"x":1,"y":[1,true]},"retries":3,"url":"https://a?b=c"}""", play.Run("get", play.Vault, "app").Ok().Text);
        play.Run(Encoding.UTF8.GetBytes("""{"url":null,"deep":{"x":null,"z":"s"}}"""), "patch", play.Vault, "app", "-").Ok();
        Assert.Equal("""{"deep":{"y":[1,true],"z":"s"},"retries":3}""", play.Run("get", play.Vault, "app").Ok().Text);
        string file = play.Write("patch.json", """{"retries":4}""");
        play.Run("patch", play.Vault, "app", "--file", file).Ok();
        Assert.Equal("""{"deep":{"y":[1,true],"z":"s"},"retries":4}""", play.Run("get", play.Vault, "app").Ok().Text);
        play.Run("patch", play.Vault, "made", "/a=1").Ok();
        Assert.Equal("""{"a":"1"}""", play.Run("get", play.Vault, "made").Ok().Text);
    }

    [Theory]
    [InlineData("UsageWrong", new[] { "app" })]
    [InlineData("UsageWrong", new[] { "app", "/url" })]
    [InlineData("UsageWrong", new[] { "app", "/a=1", "/a=2" })]
    [InlineData("UsageWrong", new[] { "app", "/a=1", "--unset", "/a" })]
    [InlineData("UsageWrong", new[] { "app", "/a=1", "--file", "f" })]
    [InlineData("NotStructured", new[] { "app", "/a:=red" })]
    [InlineData("NotStructured", new[] { "app", "-" })]
    [InlineData("NameInvalid", new[] { "app", "a=1" })]
    [InlineData("NotStructured", new[] { "text", "/a=1" })]
    [InlineData("FileNotFound", new[] { "app", "--file", "/there/is/none" })]
    public void A_patch_that_cannot_be_made_changes_nothing(string error, string[] arguments)
    {
        using var play = new Playground();
        play.Run("put", play.Vault, "app", "--value", """{"a":0}""").Ok();
        play.Run("put", play.Vault, "text", "--value", "words").Ok();
        string digest = play.Run("digest", play.Vault).Ok().Text;
        play.Run([.. (string[])["patch", play.Vault], .. arguments]).Failed(error, error == "UsageWrong" ? 64 : 1);
        Assert.Equal(digest, play.Run("digest", play.Vault).Ok().Text);
    }

    [Fact]
    public void Counters_grow_shrink_and_are_set()
    {
        using var play = new Playground();
        Assert.Equal(1, play.Run("increment", play.Vault, "stats", "/hits", "--json").Ok().Summary.GetProperty("value").GetInt32());
        Assert.Equal(-4, play.Run("increment", play.Vault, "stats", "/hits", "--by", "-5", "--json").Ok().Summary.GetProperty("value").GetInt32());
        Assert.Contains("stats /hits: 40, commit", play.Run("increment", play.Vault, "stats", "/hits", "--to", "40").Ok().Text, StringComparison.Ordinal);
        play.Run("increment", play.Vault, "stats", "/hits", "--by", "0").Failed("NotACounter");
        play.Run("increment", play.Vault, "stats", "/hits", "--by", "1", "--to", "2").Failed("UsageWrong", 64);
        play.Run("increment", play.Vault, "stats", "hits").Failed("NameInvalid");
        play.Run("patch", play.Vault, "stats", "/word=x").Ok();
        play.Run("increment", play.Vault, "stats", "/word").Failed("NotACounter");
        Assert.Equal("""{"hits":40,"word":"x"}""", play.Run("get", play.Vault, "stats").Ok().Text);
    }

    [Fact]
    public void Elements_come_and_go()
    {
        using var play = new Playground();
        Assert.Equal(2, play.Run("element", "add", play.Vault, "cat", "/tags", "indoor", "animal", "--json").Ok().Summary.GetProperty("count").GetInt32());
        play.Run("element", "add", play.Vault, "cat", "/tags", "3", "{ \"id\": 1 }", "--as-json").Ok();
        Assert.Contains("3 elements", play.Run("element", "remove", play.Vault, "cat", "/tags", "indoor").Ok().Text, StringComparison.Ordinal);
        Assert.Contains("nothing changed", play.Run("element", "remove", play.Vault, "cat", "/tags", "indoor").Ok().Text, StringComparison.Ordinal);
        Assert.Equal("""{"tags":["animal",3,{"id":1}]}""", play.Run("get", play.Vault, "cat").Ok().Text);
        play.Run("element", "add", play.Vault, "cat", "/tags", "no json", "--as-json").Failed("NotStructured");
        play.Run("patch", play.Vault, "cat", "/name=Tom").Ok();
        play.Run("element", "add", play.Vault, "cat", "/name", "x").Failed("NotASet");
    }

    [Fact]
    public void A_tree_goes_with_its_item_and_not_what_only_begins_like_it()
    {
        using var play = new Playground();
        foreach (string key in (string[])["a", "a/1", "a/b/2", "ab", "c/1"]) play.Run("put", play.Vault, key, "--value", "x").Ok();
        long before = play.Run("status", play.Vault, "--json").Ok().Summary.GetProperty("commits").GetInt64();
        var result = play.Run("rm", play.Vault, "a", "c/", "--recursive", "--json").Ok();
        Assert.Equal(before + 1, play.Run("status", play.Vault, "--json").Ok().Summary.GetProperty("commits").GetInt64());
        Assert.Contains("\"key\":\"a\",\"collection\":\"items\",\"items\":3", result.Text, StringComparison.Ordinal);
        Assert.Equal("ab", play.Run("ls", play.Vault, "--json").Ok().Summary.GetProperty("key").GetString());
        Assert.Equal(1, play.Run("status", play.Vault, "--json").Ok().Summary.GetProperty("items").GetInt32());
        play.Run("rm", play.Vault, "nothing", "--recursive").Failed("ItemNotFound");
        play.Run("rm", play.Vault, "a").Failed("ItemNotFound");
    }
}
