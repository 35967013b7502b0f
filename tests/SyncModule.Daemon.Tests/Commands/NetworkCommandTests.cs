using System.Text;
using System.Text.Json;
using SyncModule.Daemon.Tests.Processes;
using SyncModule.Tests.Shared;

namespace SyncModule.Daemon.Tests.Commands;

/// <summary>Pairing, serving and syncing between real processes: fields, exit codes, and what a conflict looks like.</summary>
public class NetworkCommandTests
{
    private static readonly string[] SyncFields = ["outcome", "commitsSent", "commitsReceived", "objectsSent", "objectsReceived", "bytesSent", "bytesReceived", "wireBytes", "roundTrips", "resumed", "seconds", "conflicts"];

    [Fact]
    public void Two_machines_pair_sync_and_show_what_they_decided()
    {
        using var two = new TwoMachines();
        var (desk, laptop) = (two.Desk, two.Laptop);
        Has(two.Invite.Lines[0], "invite", "expires");
        Has(two.Invite.Summary, "deviceId", "name");
        Has(two.Join.Summary, [.. SyncFields, "vaultId", "deviceId"]);
        Assert.Equal(two.Invite.Summary.GetProperty("deviceId").GetString(), two.Join.Summary.GetProperty("deviceId").GetString());
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(desk.PathOf("invite")));
        }

        Assert.Equal("from the desk", laptop.Run("get", laptop.Vault, "first").Ok().Text);
        desk.Run("put", desk.Vault, "first", "--value", "edited on the desk").Ok();
        laptop.Run("put", laptop.Vault, "first", "--value", "edited on the laptop").Ok();
        var sync = laptop.Run("sync", laptop.Vault, two.Address, "--json").Ok().Summary;
        Has(sync, SyncFields);
        Assert.Equal(("Synced", 1, 1, 0), (sync.GetProperty("outcome").GetString(), sync.GetProperty("commitsSent").GetInt32(), sync.GetProperty("commitsReceived").GetInt32(), sync.GetProperty("conflicts").GetInt32()));
        Assert.Equal(desk.Run("digest", desk.Vault).Ok().Text, laptop.Run("digest", laptop.Vault).Ok().Text);
        var records = laptop.Run("merge", laptop.Vault, "--json").Ok();
        Assert.Equal(records.Text, desk.Run("merge", desk.Vault, "--json").Ok().Text);
        Has(records.Lines.Single(), "id", "state", "collection", "key", "path", "winner", "losers", "rule", "why", "at", "by");
        Assert.Equal("edited on the laptop", desk.Run("get", desk.Vault, "first").Ok().Text);
        Assert.Contains("stands, written later", desk.Run("merge", desk.Vault, "--explain", "first").Ok().Text, StringComparison.Ordinal);

        string loser = records.Summary.GetProperty("losers")[0].GetString()!;
        var decision = laptop.Run("resolve", laptop.Vault, "first", "--select", loser, "--json").Ok().Summary;
        Assert.Equal(("Settled", "Resolved", "Person"), (decision.GetProperty("state").GetString(), decision.GetProperty("rule").GetString(), decision.GetProperty("by").GetString()));
        Assert.Equal("edited on the desk", laptop.Run("get", laptop.Vault, "first").Ok().Text);
        laptop.Run("peer", "add", laptop.Vault, "desk", two.Address).Ok();
        Assert.Equal("Synced", laptop.Run("sync", laptop.Vault, "desk", "--json").Ok().Summary.GetProperty("outcome").GetString());
        Assert.Equal("UpToDate", laptop.Run("sync", laptop.Vault, "--json").Ok().Summary.GetProperty("outcome").GetString());
        Assert.Equal("edited on the desk", desk.Run("get", desk.Vault, "first").Ok().Text);
        var peer = laptop.Run("status", laptop.Vault, "--json").Ok().Summary.GetProperty("peers")[0];
        Has(peer, "name", "deviceId", "addresses", "state", "lastSync", "behind", "outbox", "rttMs");
        Assert.Equal(two.Address, peer.GetProperty("addresses")[0].GetString());
        Assert.True(peer.GetProperty("rttMs").GetDouble() > 0);
        Assert.Equal("tcp", peer.GetProperty("transport").GetString());
        Assert.Equal("tcp", laptop.Run("status", laptop.Vault, "--json").Ok().Summary.GetProperty("transport").GetString());
        Assert.Matches(@"desk .* [0-9.]+ ms ", laptop.Run("status", laptop.Vault).Ok().Text);
        laptop.Run("peer", "add", laptop.Vault, "never", "127.0.0.1:1").Ok();
        var never = laptop.Run("status", laptop.Vault, "--json").Ok().Summary.GetProperty("peers").EnumerateArray().Single(p => p.GetProperty("name").GetString() == "never");
        Assert.Equal(JsonValueKind.Null, never.GetProperty("rttMs").ValueKind);
    }

    [Fact]
    public void A_conflict_under_a_manual_policy_waits_for_a_person_with_exit_code_2()
    {
        using var two = new TwoMachines();
        var (desk, laptop) = (two.Desk, two.Laptop);
        var set = desk.Run("collection", "set", desk.Vault, "items", "--policy", "manual", "--pattern", "db/*", "--set", "/tags", "--json").Ok().Summary;
        Assert.Equal(("items", "last-writer-wins", "db/*", "manual"), (set.GetProperty("collection").GetString(), set.GetProperty("policy").GetString(),
            set.GetProperty("patterns")[0].GetProperty("pattern").GetString(), set.GetProperty("patterns")[0].GetProperty("policy").GetString()));
        laptop.Run("sync", laptop.Vault, two.Address).Ok();
        Assert.Matches(@"items +\* +last-writer-wins +/tags", laptop.Run("collection", "list", laptop.Vault).Ok().Text);
        foreach (var (machine, word) in new[] { (desk, "desk"), (laptop, "laptop") })
        {
            machine.Run("put", machine.Vault, "db/pass", "--value", "from the " + word).Ok();
            machine.Run("put", machine.Vault, "free", "--value", "from the " + word).Ok();
        }

        var sync = laptop.Run("sync", laptop.Vault, two.Address, "--json");
        Assert.Equal((2, "Conflicts", 1), (sync.ExitCode, sync.Summary.GetProperty("outcome").GetString(), sync.Summary.GetProperty("conflicts").GetInt32()));
        Assert.Equal("from the laptop", desk.Run("get", desk.Vault, "free").Ok().Text);
        foreach (var machine in new[] { desk, laptop })
        {
            Assert.Equal(1, machine.Run("status", machine.Vault, "--json").Ok().Summary.GetProperty("conflicts").GetInt32());
            var error = machine.Run("get", machine.Vault, "db/pass").Failed("ConflictWaits");
            Assert.Equal("", error.Text);
            machine.Run("put", machine.Vault, "db/pass", "--value", "blind").Failed("ConflictWaits");
            Assert.Contains("conflict, 2 versions", machine.Run("ls", machine.Vault, "db/").Ok().Text, StringComparison.Ordinal);
        }

        var waiting = laptop.Run("merge", laptop.Vault, "--json").Ok().Lines.Single(l => l.GetProperty("state").GetString() == "Waiting");
        Assert.Equal(("Manual", "db/pass", "changed on desk and laptop at once"), (waiting.GetProperty("rule").GetString(), waiting.GetProperty("key").GetString(), waiting.GetProperty("why").GetString()));
        Assert.Contains("waits for a person", laptop.Run("merge", laptop.Vault, "--explain", "db/pass").Ok().Text, StringComparison.Ordinal);
        string chosen = waiting.GetProperty("losers")[0].GetString()!;
        Assert.Equal("from the desk", laptop.Run("get", laptop.Vault, "db/pass", "--version", chosen).Ok().Text);
        laptop.Run("resolve", laptop.Vault, "db/pass", "--select", chosen).Ok();
        Assert.Equal("Synced", laptop.Run("sync", laptop.Vault, two.Address, "--json").Ok().Summary.GetProperty("outcome").GetString());
        Assert.Equal("from the desk", desk.Run("get", desk.Vault, "db/pass").Ok().Text);
        Assert.Equal(desk.Run("merge", desk.Vault, "--json").Ok().Text, laptop.Run("merge", laptop.Vault, "--json").Ok().Text);
        desk.Run("collection", "set", desk.Vault, "items", "--policy", "votes").Failed("PolicyInvalid");
    }

    [Fact]
    public void Objects_are_put_field_by_field_where_the_policy_or_an_option_says_so()
    {
        using var play = new Playground();
        play.Run("put", play.Vault, "app", "--fields", "--value", "{\"b\":1,\"a\":[1]}").Ok();
        Assert.Equal("{\"a\":[1],\"b\":1}", play.Run("get", play.Vault, "app").Ok().Text);
        Assert.Contains("no field changed", play.Run("put", play.Vault, "app", "--fields", "--value", "{\"a\":[1],\"b\":1}").Ok().Text, StringComparison.Ordinal);
        play.Run("put", play.Vault, "app", "--fields", "--value", "text").Failed("NotStructured");
        play.Run("collection", "set", play.Vault, "items", "--policy", "field-merge").Ok();
        play.Run("put", play.Vault, "conf", "--value", "{\"b\":1,\"a\":2}").Ok();
        Assert.Equal("{\"a\":2,\"b\":1}", play.Run("get", play.Vault, "conf").Ok().Text);
        play.Run("put", play.Vault, "words", "--value", "{ no object").Ok();
        Assert.Equal("{ no object", play.Run("get", play.Vault, "words").Ok().Text);
        play.Run("collection", "set", play.Vault, "items", "--policy", "first-writer-wins").Ok();
        play.Run("put", play.Vault, "words", "--value", "again").Failed("ItemExists");
        play.Run("put", play.Vault, "words", "--value", "again", "--overwrite").Ok();
        Assert.Equal("again", play.Run("get", play.Vault, "words").Ok().Text);
    }

    [Fact]
    public void Unreachable_peers_are_3_and_some_of_them_are_a_partial_round()
    {
        using var two = new TwoMachines();
        var offline = two.Laptop.Run("sync", two.Laptop.Vault, "127.0.0.1:1", "--json").Failed("PeerUnreachable", 3);
        Assert.Equal("Offline", offline.Summary.GetProperty("outcome").GetString());
        var partial = two.Laptop.Run("sync", two.Laptop.Vault, "127.0.0.1:1", two.Address, "--json").Failed("PeerUnreachable", 0);
        Assert.Equal("Partial", partial.Summary.GetProperty("outcome").GetString());
        using var stranger = new Playground();
        stranger.Run("sync", stranger.Vault, two.Address, "--json").Failed("HandshakeRefused");
        stranger.Run("sync", stranger.Vault, "--json").Failed("PeerUnknown");
    }

    [Fact]
    public void Damage_is_found_and_healed_from_a_peer()
    {
        using var two = new TwoMachines();
        byte[] bytes = System.Security.Cryptography.RandomNumberGenerator.GetBytes(300_011);
        two.Desk.Run(bytes, "put", two.Desk.Vault, "big", "-").Ok();
        two.Laptop.Run("sync", two.Laptop.Vault, two.Address).Ok();
        var sound = two.Laptop.Run("verify", two.Laptop.Vault, "--read-data", "--json").Ok().Summary;
        Has(sound, "checked", "damaged", "repaired");
        Assert.Equal(0, sound.GetProperty("damaged").GetArrayLength());
        string pack = Directory.EnumerateFiles(Path.Combine(two.Laptop.Vault, "packs"), "*.pack").First();
        byte[] stored = File.ReadAllBytes(pack);
        stored[stored.Length / 2] ^= 1;
        File.WriteAllBytes(pack, stored);
        var damaged = two.Laptop.Run("verify", two.Laptop.Vault, "--read-data", "--json");
        Assert.Equal(1, damaged.ExitCode);
        Assert.NotEqual(0, damaged.Summary.GetProperty("damaged").GetArrayLength());
        Has(two.Laptop.Run("repair", two.Laptop.Vault, "--from", two.Address, "--json").Ok().Summary, "checked", "damaged", "repaired");
        Assert.Equal(bytes, two.Laptop.Run("get", two.Laptop.Vault, "big").Ok().Output);
        two.Laptop.Run("verify", two.Laptop.Vault, "--read-data").Ok();
    }

    [UnixTheory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public void Serving_ends_cleanly_with_0(string signal)
    {
        using var two = new TwoMachines();
        TwoMachines.Signal(two.Serving, signal);
        string output = two.Serving.StandardOutput.ReadToEnd();
        Assert.True(two.Serving.WaitForExit(Mirord.Patience));
        Assert.Equal((0, ""), (two.Serving.ExitCode, two.Serving.StandardError.ReadToEnd()));
        Assert.Equal(two.Address, JsonDocument.Parse(output.Split('\n')[0]).RootElement.GetProperty("address").GetString());
    }

    [UnixTheory]
    [InlineData("TERM")]
    public void Following_brings_what_another_process_writes_and_ends_cleanly(string signal)
    {
        using var two = new TwoMachines();
        var following = two.Start(two.Laptop, "follow", two.Laptop.Vault, two.Address, "--json");
        Assert.Equal("Connected", Event(following));
        two.Desk.Run("put", two.Desk.Vault, "live", "--value", "now").Ok();
        while (Event(following) != "Received")
        {
            // Other events may come first.
        }

        // The event says that it came; durable, and so visible to another process, it is a moment later.
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        MirordResult live;
        do live = two.Laptop.Run("get", two.Laptop.Vault, "live");
        while (live.ExitCode != 0 && System.Diagnostics.Stopwatch.GetElapsedTime(start) < Mirord.Patience);
        Assert.Equal("now", live.Ok().Text);
        TwoMachines.Signal(following, signal);
        Assert.True(following.WaitForExit(Mirord.Patience));
        Assert.Equal(0, following.ExitCode);
    }

    [UnixTheory]
    [InlineData("INT")]
    public void An_interrupted_invite_is_worth_nothing(string signal)
    {
        using var two = new TwoMachines();
        var inviting = two.Start(two.Desk, "invite", two.Desk.Vault, "--listen", "127.0.0.1:0", "--json");
        string invite = JsonDocument.Parse(inviting.StandardOutput.ReadLine()!).RootElement.GetProperty("invite").GetString()!;
        TwoMachines.Signal(inviting, signal);
        Assert.True(inviting.WaitForExit(Mirord.Patience));
        Assert.Equal(130, inviting.ExitCode);
        using var late = new Playground(withVault: false);
        var joined = late.Run(Encoding.UTF8.GetBytes(invite + "\n"), "join", late.Vault, "-", "--device", "late", "--key-file", late.KeyFile);
        joined.Failed("PeerUnreachable", 3);
        Assert.DoesNotContain(invite, joined.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(late.Vault, "vault.json")));
    }

    [Fact]
    public void Invites_and_addresses_that_are_none_are_refused_before_anything_is_made()
    {
        using var play = new Playground();
        using var other = new Playground(withVault: false);
        other.Run("join", other.Vault, "--invite-file", other.Write("i", "syncmodule:nonsense"), "--device", "d", "--key-file", other.KeyFile).Failed("InviteInvalid");
        other.Run("join", other.Vault, "--invite-file", other.PathOf("absent"), "--device", "d", "--key-file", other.KeyFile).Failed("FileNotFound");
        other.Run("join", other.Vault, "--device", "d", "--key-file", other.KeyFile).Failed("UsageWrong", 64);
        other.Run("join", other.Vault, "syncmodule:secret-words", "--device", "d", "--key-file", other.KeyFile).Failed("UsageWrong", 64);
        Assert.False(Directory.Exists(other.Vault));
        Assert.False(File.Exists(other.KeyFile));
        play.Run("peer", "add", play.Vault, "p", "not an address").Failed("AddressInvalid", 64);
        play.Run("serve", play.Vault, "--listen", "127.0.0.1:99999").Failed("AddressInvalid", 64);
        play.Run("serve", play.Vault).Failed("UsageWrong", 64);
        play.Run("invite", play.Vault, "--listen", "127.0.0.1:0", "--expires", "soon").Failed("UsageWrong", 64);
        play.Run("invite", play.Vault, "--listen", "127.0.0.1:0", "--expires", "1s").Failed("InviteExpired");
        play.Run("sync", play.Vault, "127.0.0.1", "--timeout", "-1").Failed("UsageWrong", 64);
        play.Run("peer", "remove", play.Vault, "nobody").Failed("PeerUnknown");
        Assert.Equal("host:22020", play.Run("peer", "add", play.Vault, "p", "host", "--json").Ok().Summary.GetProperty("addresses")[0].GetString());
        Assert.Equal("p", play.Run("peer", "list", play.Vault, "--json").Ok().Summary.GetProperty("name").GetString());
        play.Run("peer", "remove", play.Vault, "p").Ok();
        Assert.Empty(play.Run("peer", "list", play.Vault, "--json").Ok().Output);
    }

    private static string? Event(System.Diagnostics.Process process) => JsonDocument.Parse(process.StandardOutput.ReadLineAsync().WaitAsync(Mirord.Patience).GetAwaiter().GetResult() ?? throw new EndOfStreamException("It ended: " + process.StandardError.ReadToEnd())).RootElement.GetProperty("kind").GetString();

    private static void Has(JsonElement line, params string[] fields) => Assert.Equal([], fields.Except(line.EnumerateObject().Select(p => p.Name), StringComparer.Ordinal));
}
