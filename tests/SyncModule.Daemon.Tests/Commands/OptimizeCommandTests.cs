using System.Text.Json;
using SyncModule.Daemon.Tests.Processes;

namespace SyncModule.Daemon.Tests.Commands;

/// <summary>optimize, device list and device retire: what they say, what they write, and when nothing may go.</summary>
public class OptimizeCommandTests
{
    private static readonly string[] Fields = ["whatIf", "deletions", "versions", "versionBytes", "objects", "objectBytes", "freed", "floor", "waitingFor", "blocked", "devices"];
    private static readonly string[] DeviceFields = ["name", "deviceId", "thisOne", "acknowledged", "lacks", "unseen", "retired"];

    [Fact]
    public void What_would_go_is_told_and_nothing_is_written()
    {
        using var play = new Playground();
        Fill(play);
        string digest = play.Run("digest", play.Vault).Ok().Text;
        var files = Files(play);
        var plan = play.Run("optimize", play.Vault, "--what-if", "--json").Ok().Summary;
        Assert.Equal(Fields.Order(StringComparer.Ordinal), plan.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
        Assert.Equal((true, 1L, 0L, 0L), (plan.GetProperty("whatIf").GetBoolean(), Number(plan, "deletions"), Number(plan, "versions"), Number(plan, "freed")));
        var history = play.Run("optimize", play.Vault, "--what-if", "--drop-history", "--json").Ok().Summary;
        Assert.True(Number(history, "versions") >= 3 && Number(history, "versionBytes") > 0 && Number(history, "objects") > 0 && Number(history, "objectBytes") > 100_000, history.ToString());
        string text = play.Run("optimize", play.Vault, "--what-if", "--drop-history").Ok().Text;
        Assert.Contains("1 deletion that every device has would be forgotten.", text, StringComparison.Ordinal);
        Assert.Contains("would go from this disk.", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n'), line => Assert.InRange(line.Length, 0, 160));
        Assert.Equal(digest, play.Run("digest", play.Vault).Ok().Text);
        Assert.Equal(files, Files(play));
    }

    [Fact]
    public void Old_versions_go_only_when_it_is_asked_for()
    {
        using var play = new Playground();
        Fill(play);
        int versions = play.Run("history", play.Vault, "note", "--json").Ok().Lines.Count;
        var result = play.Run("optimize", play.Vault, "--json").Ok().Summary;
        Assert.Equal((false, 1L, 0L), (result.GetProperty("whatIf").GetBoolean(), Number(result, "deletions"), Number(result, "versions")));
        Assert.Equal(versions, play.Run("history", play.Vault, "note", "--json").Ok().Lines.Count);
        long before = Size(play);
        var dropped = play.Run("optimize", play.Vault, "--drop-history", "--json").Ok().Summary;
        Assert.True(Number(dropped, "versions") >= 3 && Number(dropped, "objects") > 0 && Number(dropped, "freed") > 100_000, dropped.ToString());
        Assert.Equal(before - Number(dropped, "freed"), Size(play));
        Assert.Equal("version 3", play.Run("get", play.Vault, "note").Ok().Text);
        Assert.True(play.Run("history", play.Vault, "note", "--json").Ok().Lines.Count < versions);
        play.Run("verify", play.Vault, "--read-data").Ok();
        var after = Files(play);
        Assert.Contains("There was nothing to do.", play.Run("optimize", play.Vault, "--drop-history").Ok().Text, StringComparison.Ordinal);
        Assert.Equal(after, Files(play));
    }

    [Fact]
    public void A_device_that_was_never_heard_holds_everything_until_it_is_retired()
    {
        using var two = new TwoMachines();
        var (desk, laptop) = (two.Desk, two.Laptop);
        desk.Run("put", desk.Vault, "gone", "--value", "x").Ok();
        desk.Run("rm", desk.Vault, "gone").Ok();
        desk.Run("optimize", desk.Vault, "--json").Failed("VaultBusy"); // it serves
        Assert.Single(desk.Run("optimize", desk.Vault, "--what-if", "--json").Ok().Lines);
        TwoMachines.Signal(two.Serving, "TERM");
        Assert.True(two.Serving.WaitForExit(Mirord.Patience));

        // The laptop has said at its join what it has; it has not said that it has the deletion.
        var rows = desk.Run("device", "list", desk.Vault, "--json").Ok().Lines;
        Assert.Equal(["desk", "laptop"], rows.Select(r => r.GetProperty("name").GetString()));
        Assert.All(rows, r => Assert.Equal(DeviceFields.Order(StringComparer.Ordinal), r.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal)));
        Assert.Equal((true, false), (rows[0].GetProperty("thisOne").GetBoolean(), rows[1].GetProperty("retired").GetBoolean()));
        Assert.True(Number(rows[1], "lacks") >= 2, rows[1].ToString());
        Assert.Equal(0, Number(desk.Run("optimize", desk.Vault, "--json").Ok().Summary, "deletions"));

        desk.Run("device", "retire", desk.Vault, "nobody").Failed("NotAMember");
        desk.Run("device", "retire", desk.Vault, "desk").Failed("UsageWrong", 64);
        var retired = desk.Run("device", "retire", desk.Vault, "laptop", "--json").Ok().Summary;
        Assert.Equal(("laptop", true), (retired.GetProperty("name").GetString(), retired.GetProperty("changed").GetBoolean()));
        Assert.Contains("as before. It is still a member", desk.Run("device", "retire", desk.Vault, retired.GetProperty("deviceId").GetString()![..12]).Ok().Text, StringComparison.Ordinal);
        Assert.Contains("retired", desk.Run("device", "list", desk.Vault).Ok().Text, StringComparison.Ordinal);
        Assert.Equal(1, Number(desk.Run("optimize", desk.Vault, "--json").Ok().Summary, "deletions"));

        // It comes back, has what it had, and is waited for again.
        laptop.Run("put", laptop.Vault, "from afar", "--value", "y").Ok();
        string port = desk.PathOf("port again");
        TwoMachines.WaitFor(two.Start(desk, "serve", desk.Vault, "--listen", "127.0.0.1:0", "--port-file", port), port);
        Assert.Equal("Synced", laptop.Run("sync", laptop.Vault, "127.0.0.1:" + File.ReadAllText(port).Trim(), "--json").Ok().Summary.GetProperty("outcome").GetString());
        Assert.Equal(desk.Run("digest", desk.Vault).Ok().Text, laptop.Run("digest", laptop.Vault).Ok().Text);
        Assert.False(desk.Run("device", "list", desk.Vault, "--json").Ok().Lines[1].GetProperty("retired").GetBoolean());
    }

    private static void Fill(Playground play)
    {
        for (int i = 0; i < 4; i++)
        {
            play.Run("put", play.Vault, "note", "--value", "version " + i).Ok();
            byte[] noise = new byte[60_000];
            new Random(i).NextBytes(noise);
            play.Run(noise, "put", play.Vault, "large", "-").Ok();
        }

        play.Run("put", play.Vault, "gone", "--value", "x").Ok();
        play.Run("rm", play.Vault, "gone").Ok();
    }

    private static SortedDictionary<string, string> Files(Playground play) =>
        new(new[] { "log", "packs" }.Select(f => Path.Combine(play.Vault, f)).Where(Directory.Exists).SelectMany(f => Directory.GetFiles(f, "*.*")).ToDictionary(f => f, f => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f)))), StringComparer.Ordinal);

    private static long Size(Playground play) => Files(play).Keys.Sum(f => new FileInfo(f).Length);

    private static long Number(JsonElement element, string name) => element.GetProperty(name).GetInt64();
}
