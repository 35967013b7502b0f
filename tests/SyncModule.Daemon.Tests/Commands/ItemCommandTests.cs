using System.Security.Cryptography;
using System.Text.Json;
using SyncModule.Daemon.Tests.Processes;

namespace SyncModule.Daemon.Tests.Commands;

/// <summary>Items from a shell: the fields and exit codes that scripts depend on.</summary>
public class ItemCommandTests
{
    [Fact]
    public void Each_summary_has_the_fields_of_the_contract()
    {
        using var play = new Playground(withVault: false);
        Check(play.Run("init", play.Vault, "--device", "desk", "--key-file", play.KeyFile, "--json"), "vaultId", "deviceId");
        play.Environment["SYNCMODULE_KEYFILE"] = play.KeyFile;
        Check(play.Run("put", play.Vault, "a/b", "--value", "one", "--json"), "key", "commit", "bytes");
        Check(play.Run("put", play.Vault, "c", "--value", "two", "--json"), "key", "commit", "bytes");
        string[] item = ["key", "bytes", "modified", "device", "deleted", "state"];
        Check(play.Run("ls", play.Vault, "--json"), item);
        Check(play.Run("history", play.Vault, "a/b", "--json"), [.. item, "id", "why"]);
        Check(play.Run("rm", play.Vault, "a/b", "--json"), item);
        Check(play.Run("status", play.Vault, "--json"), "vaultId", "deviceId", "items", "objects", "bytes", "commits", "epoch", "vector", "peers", "conflicts", "transport");
        Check(play.Run("digest", play.Vault, "--json"), "digest", "ops", "state", "full");
        Assert.Empty(play.Run("merge", play.Vault, "--json").Ok().Output);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(70_001)]
    [InlineData(3_000_017)]
    public void Get_gives_exactly_the_bytes_that_were_put(int size)
    {
        using var play = new Playground();
        byte[] bytes = RandomNumberGenerator.GetBytes(size);
        File.WriteAllBytes(play.PathOf("in"), bytes);
        Assert.Equal(size, play.Run("put", play.Vault, "file", "--file", play.PathOf("in"), "--json").Ok().Summary.GetProperty("bytes").GetInt64());
        play.Run(bytes, "put", play.Vault, "stdin", "-").Ok();
        Assert.Equal(bytes, play.Run("get", play.Vault, "file").Ok().Output);
        Assert.Equal(bytes, play.Run("get", play.Vault, "stdin").Ok().Output);
        play.Run("get", play.Vault, "stdin", "--out", play.PathOf("out")).Ok();
        Assert.Equal(bytes, File.ReadAllBytes(play.PathOf("out")));
    }

    [Fact]
    public void A_file_takes_the_place_of_a_file_and_never_of_a_folder()
    {
        using var play = new Playground();
        play.Run("put", play.Vault, "k", "--value", "new").Ok();
        play.Write("out", "a longer old content");
        play.Run("get", play.Vault, "k", "--out", play.PathOf("out")).Ok();
        Assert.Equal("new", File.ReadAllText(play.PathOf("out")));
        Directory.CreateDirectory(play.PathOf("folder"));
        play.Run("get", play.Vault, "k", "--out", play.PathOf("folder")).Failed("FileExists");
        play.Run("get", play.Vault, "k", "--out", play.PathOf("absent/out")).Failed("FileNotFound");
        play.Run("get", play.Vault, "missing", "--out", play.PathOf("out2")).Failed("ItemNotFound");
        Assert.False(File.Exists(play.PathOf("out2")));
    }

    [Fact]
    public void Earlier_versions_can_be_listed_and_read()
    {
        using var play = new Playground();
        play.Run("put", play.Vault, "k", "--value", "first").Ok();
        play.Run("put", play.Vault, "k", "--value", "second one").Ok();
        play.Run("rm", play.Vault, "k").Ok();
        var versions = play.Run("history", play.Vault, "k", "--json").Ok().Lines;
        Assert.Equal(["Active", "Replaced", "Replaced"], versions.Select(v => v.GetProperty("state").GetString()));
        Assert.Equal([true, false, false], versions.Select(v => v.GetProperty("deleted").GetBoolean()));
        Assert.Equal([0, 10, 5], versions.Select(v => v.GetProperty("bytes").GetInt32()));
        Assert.Equal("first", play.Run("get", play.Vault, "k", "--version", versions[2].GetProperty("id").GetString()!).Ok().Text);
        play.Run("get", play.Vault, "k").Failed("ItemNotFound");
        play.Run("get", play.Vault, "k", "--version", versions[0].GetProperty("id").GetString()!).Failed("VersionNotFound");
        play.Run("get", play.Vault, "k", "--version", "0000000000000000").Failed("VersionNotFound");
        play.Run("history", play.Vault, "never").Failed("ItemNotFound");
        Assert.Empty(play.Run("ls", play.Vault, "--json").Ok().Output);
        Assert.True(play.Run("ls", play.Vault, "--deleted", "--json").Ok().Summary.GetProperty("deleted").GetBoolean());
    }

    [Fact]
    public void Removing_says_which_items_were_not_there_and_removes_the_others()
    {
        using var play = new Playground();
        play.Run("put", play.Vault, "here", "--value", "x").Ok();
        var result = play.Run("rm", play.Vault, "gone", "here", "--json").Failed("ItemNotFound");
        Assert.Equal("here", result.Summary.GetProperty("key").GetString());
        Assert.Empty(play.Run("ls", play.Vault, "--json").Ok().Output);
        play.Run("rm", play.Vault, "here").Failed("ItemNotFound");
    }

    [Fact]
    public void Collections_and_prefixes_keep_items_apart()
    {
        using var play = new Playground();
        play.Run("put", play.Vault, "k", "--value", "1").Ok();
        play.Run("put", play.Vault, "k", "--value", "22", "--collection", "files").Ok();
        play.Run("put", play.Vault, "notes/a", "--value", "333").Ok();
        Assert.Equal("22", play.Run("get", play.Vault, "k", "--collection", "files").Ok().Text);
        Assert.Equal("1", play.Run("get", play.Vault, "k").Ok().Text);
        Assert.Equal(["notes/a"], Keys(play.Run("ls", play.Vault, "notes/", "--json")));
        Assert.Equal(["k"], Keys(play.Run("ls", play.Vault, "--collection", "files", "--json")));
        Assert.Equal(3, play.Run("ls", play.Vault, "--json").Lines.Count);
        Assert.Contains("files", play.Run("ls", play.Vault).Ok().Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Metadata_of_a_person_does_not_change_the_bytes_and_makes_another_version()
    {
        using var play = new Playground();
        play.Run("put", play.Vault, "k", "--value", "x", "--meta", "a=1", "--meta", "b=c=d").Ok();
        Assert.Equal("x", play.Run("get", play.Vault, "k").Ok().Text);
        string digest = play.Run("digest", play.Vault).Ok().Text;
        Assert.Matches("^[0-9a-f]{64}\n$", digest);
        play.Run("put", play.Vault, "k", "--value", "x", "--meta", "a=2").Ok();
        Assert.NotEqual(digest, play.Run("digest", play.Vault).Ok().Text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    public void Names_that_cannot_be_used_are_refused(string key)
    {
        using var play = new Playground();
        // No shell can pass NUL; a name that is too long can be passed.
        string name = key.Contains('\0', StringComparison.Ordinal) ? new string('x', 4097) : key;
        play.Run("put", play.Vault, name, "--value", "x").Failed("NameInvalid");
        play.Run("put", play.Vault, "k", "--value", "x", "--collection", name).Failed("NameInvalid");
    }

    [Fact]
    public void Names_cannot_draw_on_the_terminal()
    {
        using var play = new Playground();
        const string Evil = "evil\u001b[2J\n\u202egpj.exe";
        play.Run("put", play.Vault, Evil, "--value", "x").Ok();
        foreach (string[] line in new string[][] { ["ls", play.Vault], ["history", play.Vault, Evil], ["merge", play.Vault, "--explain", Evil], ["rm", play.Vault, Evil] })
        {
            string text = play.Run(line).Ok().Text;
            Assert.DoesNotContain('\u001b', text);
            Assert.DoesNotContain('\u202e', text);
        }

        var failed = play.Run("get", play.Vault, Evil + "2").Failed("ItemNotFound");
        Assert.DoesNotContain('\u001b', failed.Error);
        Assert.Equal(Evil, play.Run("ls", play.Vault, "--deleted", "--json").Ok().Summary.GetProperty("key").GetString());
    }

    [Fact]
    public void An_item_without_competing_versions_has_nothing_to_resolve()
    {
        using var play = new Playground();
        play.Run("put", play.Vault, "k", "--value", "x").Ok();
        string id = play.Run("history", play.Vault, "k", "--json").Ok().Summary.GetProperty("id").GetString()!;
        play.Run("resolve", play.Vault, "k", "--select", id).Failed("NothingToResolve");
        play.Run("resolve", play.Vault, "k", "--select", "ffffffffffffffff").Failed("VersionNotFound");
        play.Run("resolve", play.Vault, "none", "--select", id).Failed("ItemNotFound");
        play.Run("merge", play.Vault, "--explain", "none").Failed("ItemNotFound");
    }

    [Fact]
    public void A_missing_file_and_a_folder_cannot_be_put()
    {
        using var play = new Playground();
        play.Run("put", play.Vault, "k", "--file", play.PathOf("absent")).Failed("FileNotFound");
        play.Run("put", play.Vault, "k", "--file", play.Vault).Failed("FileNotFound");
        Assert.Empty(play.Run("ls", play.Vault, "--json").Ok().Output);
    }

    private static IEnumerable<string?> Keys(MirordResult result) => result.Ok().Lines.Select(l => l.GetProperty("key").GetString());

    private static void Check(MirordResult result, params string[] fields)
    {
        result.Ok();
        Assert.NotEmpty(result.Lines);
        foreach (var line in result.Lines)
        {
            Assert.Equal(JsonValueKind.Object, line.ValueKind);
            Assert.Equal([], fields.Except(line.EnumerateObject().Select(p => p.Name), StringComparer.Ordinal));
        }
    }
}
