using System.Text.RegularExpressions;

namespace SyncModule.Daemon.Tests.Acceptance;

/// <summary>What can be wrong with a folder or its key: a typed error with a next step, and when it is put right the vault opens and verifies.</summary>
public class DamagedVaultTests
{
    private const long LargeEnoughForAPack = 2_000_003;

    /// <summary>What is done to vault.json or to the key, and what is said to that.</summary>
    private static readonly (string What, string ErrorId)[] Unopenable =
    [
        ("wrong passphrase", "WrongPassphrase"),
        ("key file of another vault", "WrongKeyFile"),
        ("vault.json cut", "VaultDamaged"),
        ("vault.json without a slot", "VaultDamaged"),
        ("unknown format version", "FormatUnknown"),
    ];

    [Fact]
    public void A_vault_that_cannot_be_opened_says_why_and_is_unharmed()
    {
        using var group = new MachineGroup();
        group.Desk.Put("k", "kept");
        foreach (var (what, errorId) in Unopenable) IsRefused(group, what, errorId);
        Assert.Equal("kept", group.Desk.Get("k"));
        group.Desk.VerifiesClean();
    }

    [Fact]
    public void A_local_db_that_cannot_be_used_is_said_and_repair_begins_a_new_one()
    {
        using var group = new MachineGroup();
        group.Desk.Put("k", "kept");
        string path = group.Desk.In("local.db");
        byte[] bytes = File.ReadAllBytes(path);
        bytes.AsSpan(0, 100).Clear();
        File.WriteAllBytes(path, bytes);
        group.Desk.Run("get", "k").Failed("LocalStateDamaged");
        group.Desk.Run("repair").Ok();
        Assert.Equal("kept", group.Desk.Get("k"));
        Assert.Equal(bytes, File.ReadAllBytes(path + ".damaged-1"));
        group.Desk.Put("after", "works again");
        group.Desk.VerifiesClean();
    }

    private static void IsRefused(MachineGroup group, string what, string errorId)
    {
        var desk = group.Desk;
        string path = desk.In("vault.json");
        byte[] before = File.ReadAllBytes(path);
        string text = File.ReadAllText(path);
        string[] unlock = [];
        switch (what)
        {
            case "wrong passphrase":
                unlock = ["--passphrase-file", group.Write("wrong", "no passphrase of this vault"u8.ToArray())];
                break;
            case "key file of another vault":
                var other = new Machine(group.Root, "other");
                other.Init();
                unlock = ["--key-file", other.KeyFile];
                break;
            case "vault.json cut":
                Folders.Cut(path, before.Length / 2);
                break;
            case "vault.json without a slot":
                File.WriteAllText(path, Regex.Replace(text, "\"slots\"\\s*:\\s*\\[.*?\\]", "\"slots\":[]", RegexOptions.Singleline, TimeSpan.FromSeconds(5)));
                break;
            default:
                File.WriteAllText(path, Regex.Replace(text, "(\"format\"\\s*:\\s*)1", "${1}2", RegexOptions.None, TimeSpan.FromSeconds(5)));
                break;
        }

        desk.Run("ls", unlock).Failed(errorId);
        desk.Run("put", ["k", "--value", "not written", .. unlock]).Failed(errorId);
        File.WriteAllBytes(path, before);
    }

    [Theory]
    [InlineData("packs", "*.pack")]
    [InlineData("log", "*.log")]
    public void Verify_finds_a_flipped_or_cut_file_and_repair_heals_it_from_a_peer(string folder, string pattern)
    {
        using var group = new MachineGroup();
        var laptop = group.Joined("laptop");
        Folders.WriteRandom(group.PathOf("source/large.bin"), LargeEnoughForAPack, new Random(3));
        Folders.WriteRandom(group.PathOf("source/small.bin"), 60_001, new Random(4));
        group.Desk.Json("import", group.PathOf("source"));
        using var serving = group.Desk.Serve();
        laptop.Json("sync", serving.Address);

        foreach (bool cut in new[] { true, false })
        {
            // A small group at the log's end: a damaged one in front of it stays where it is, the last one would be written over.
            laptop.Put("own", cut ? "first" : "known to both");
            laptop.Json("sync", serving.Address);
            string path = Folders.Biggest(laptop.In(folder), pattern);
            // Of what was written: behind it a log has room that was zeroed ahead.
            long half = File.ReadAllBytes(path).AsSpan().LastIndexOfAnyExcept((byte)0) / 2;
            if (cut) Folders.Cut(path, half);
            else Folders.Flip(path, half);
            var found = laptop.Run("verify", "--read-data", "--json");
            Assert.Equal((cut, 1), (cut, found.ExitCode));
            Assert.NotEqual("[]", found.Summary.GetProperty("damaged").GetRawText());

            laptop.Run("repair", "--from", serving.Address, "--json").Ok();
            laptop.VerifiesClean();
        }

        // What was cut off of the log and what was flipped in it stay as notes, in both places that people look at; a pack is written anew and leaves none.
        int notes = folder == "log" ? 2 : 0;
        Assert.Equal(notes, laptop.Json("verify").GetProperty("healed").GetArrayLength());
        Assert.Equal(notes, laptop.Json("status").GetProperty("healed").GetInt32());
        laptop.Put("after", "works again");
        Assert.Contains(laptop.Json("sync", serving.Address).GetProperty("outcome").GetString(), new[] { "Synced", "UpToDate" });
        Assert.Equal(group.Desk.FullDigest(), laptop.FullDigest());
        Assert.Equal("known to both", laptop.Get("own"));
        laptop.Json("export", group.PathOf("out"));
        Assert.Equal(File.ReadAllBytes(group.PathOf("source/large.bin")), File.ReadAllBytes(group.PathOf("out/large.bin")));
        group.Desk.VerifiesClean();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_lost_local_db_is_begun_anew_by_repair_alone_and_nothing_that_was_put_is_lost(bool cut)
    {
        using var group = new MachineGroup();
        var desk = group.Desk;
        desk.Put("k", "kept");
        if (cut) Folders.Cut(desk.In("local.db"), 100);
        else foreach (string file in Directory.EnumerateFiles(desk.Vault, "local.db*")) File.Delete(file);
        desk.Run("ls").Failed("LocalStateDamaged");
        desk.Run("put", "k", "--value", "not written").Failed("LocalStateDamaged");

        var repaired = desk.Run("repair", "--json");
        repaired.Ok();
        Assert.Equal(1, repaired.Summary.GetProperty("repaired").GetInt32());
        Assert.Contains("peers", repaired.Summary.GetProperty("damaged")[0].GetRawText(), StringComparison.Ordinal);
        Assert.Equal(cut, File.Exists(desk.In("local.db.damaged-1")));
        Assert.Equal("kept", desk.Get("k"));
        desk.Put("k", "after");
        Assert.Equal("after", desk.Get("k"));
        Assert.Equal(2, desk.Json("status").GetProperty("vector").EnumerateObject().Count());
        desk.VerifiesClean();
        Assert.Equal("[]", desk.Run("repair", "--json").Summary.GetProperty("damaged").GetRawText());
    }

    [Fact]
    public void The_index_is_only_what_the_log_says()
    {
        string[] ways = ["deleted", "of another vault", "garbage", "cut"];
        using var group = new MachineGroup();
        foreach (string way in ways)
        {
            group.Desk.Put(way, "kept");
            Spoil(group, way);
            Assert.Equal("kept", group.Desk.Get(way));
        }

        Assert.Equal([ways.Length], group.Desk.Json("status").GetProperty("vector").EnumerateObject().Select(l => l.Value.GetInt32()));
        group.Desk.VerifiesClean();
    }

    private static void Spoil(MachineGroup group, string what)
    {
        string index = group.Desk.In("index.db");
        switch (what)
        {
            case "deleted":
                foreach (string file in Directory.EnumerateFiles(group.Desk.Vault, "index.db*")) File.Delete(file);
                break;
            case "of another vault":
                var other = new Machine(group.Root, "other");
                other.Init();
                other.Put("k", "foreign");
                foreach (string file in Directory.EnumerateFiles(other.Vault, "index.db*")) File.Copy(file, group.Desk.In(Path.GetFileName(file)), overwrite: true);
                break;
            case "garbage":
                File.WriteAllBytes(index, [.. Enumerable.Repeat((byte)0x5a, 70_001)]);
                break;
            default:
                Folders.Cut(index, new FileInfo(index).Length / 3);
                break;
        }
    }
}
