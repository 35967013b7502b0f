using SyncModule.Engine.Maintenance;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Tests.Nodes;
using SyncModule.Engine.Tests.Vaults;

namespace SyncModule.Engine.Tests.Maintenance;

public sealed class RepairTests
{
    [Fact]
    public void A_sound_vault_verifies()
    {
        using var test = TestVault.Create();
        test.Vault.Put("items", "big", new MemoryStream(Noise(2_000_001)));
        for (int i = 0; i < 10; i++) test.Vault.Put("k" + (i % 4), "v" + i);
        var result = Verifier.Run(test.Vault, new VerifyOptions(ReadData: true));
        Assert.Empty(result.Damaged);
        Assert.True(result.StateFits);
        Assert.True(result.Checked > 20);
    }

    [Fact]
    public void Of_a_share_of_the_packs_no_other_pack_is_read()
    {
        using var test = TestVault.Create();
        string pack;
        int first, round = 0;
        do
        {
            test.Vault.Put("items", "big", new MemoryStream(Noise(2_000_001 + round++)));
            pack = new DirectoryInfo(Path.Combine(test.Folder, "packs")).GetFiles("*.pack").MaxBy(f => f.LastWriteTimeUtc)!.FullName;
            first = Convert.ToInt32(Path.GetFileName(pack)[..2], 16);
        }
        while (first < 3 || first > 250); // outside of 1 % and inside of 99 %

        Flip(pack, 700_003);
        int without = first * 100 / 256; // a pack is in a share that is larger than its first byte's
        Assert.Empty(Verifier.Run(test.Vault, new VerifyOptions(ReadData: true, without)).Damaged);
        Assert.NotEmpty(Verifier.Run(test.Vault, new VerifyOptions(ReadData: true, without + 1)).DamagedObjects);
        Assert.NotEmpty(Verifier.Run(test.Vault, new VerifyOptions(ReadData: true)).DamagedObjects);
    }

    [Fact]
    public async Task A_flipped_byte_in_a_pack_is_found_and_healed_from_a_peer()
    {
        await using var pair = await PairedVaults.CreateAsync();
        byte[] big = Noise(2_000_001);
        pair[0].Vault.Put("items", "big", new MemoryStream(big));
        await pair.SyncAsync(1, 0);
        string pack = new DirectoryInfo(Path.Combine(pair[1].Folder, "packs")).GetFiles("*.pack").MaxBy(f => f.Length)!.FullName;
        Flip(pack, 700_003);

        var found = Verifier.Run(pair[1].Vault, new VerifyOptions(ReadData: true));
        Assert.NotEmpty(found.DamagedObjects);
        Assert.Equal(SyncErrors.ObjectDamaged, Assert.Throws<SyncException>(() => pair[1].Vault.Get("big")).Kind);
        var repair = await Repairer.RunAsync(pair[1].Vault, new NodeOptions(), pair.Address(0));
        Assert.Equal(0, repair.StillWanted);
        Assert.Equal(repair.Damaged.Count, repair.Repaired);
        Assert.Equal(big, pair[1].Vault.Get("big"));
        Assert.Empty(Verifier.Run(pair[1].Vault, new VerifyOptions(ReadData: true)).Damaged);
    }

    [Fact]
    public async Task A_damaged_group_in_the_log_is_found_and_its_commits_come_back_from_a_peer()
    {
        await using var pair = await PairedVaults.CreateAsync();
        for (int i = 0; i < 12; i++)
        {
            pair[0].Vault.Put("k" + i, "v" + i);
            await pair.SyncAsync(1, 0);
        }

        var digest = pair[0].Vault.Digest();
        string log = Path.Combine(pair[1].Folder, "log", "0001.log");
        Flip(log, new FileInfo(log).Length / 2 > 9000 ? 9000 : 4000);
        var found = Verifier.Run(pair[1].Vault, new VerifyOptions());
        Assert.NotEmpty(found.Damaged);
        var repair = await Repairer.RunAsync(pair[1].Vault, new NodeOptions(), pair.Address(0));
        Assert.Equal(0, repair.StillWanted);
        Assert.Equal(digest, pair[1].Vault.Digest());
        Assert.Equal(repair.Damaged.Count, repair.Repaired);

        // Not damage any more, and not forgotten: nobody can tell whether a commit was there that no peer has.
        var after = Verifier.Run(pair[1].Vault, new VerifyOptions());
        Assert.Empty(after.Damaged);
        Assert.Equal(found.Damaged.Where(d => d.Where.StartsWith("log/", StringComparison.Ordinal)), after.Healed); // the index was made again and is whole
        Assert.NotEmpty(after.Healed);
        Assert.Equal(after.Healed.Count, pair[1].Vault.HealedRanges);
        pair[1].Vault.Put("after", "repair");
        await pair.SyncAsync(1, 0);
        Assert.Equal("repair", pair[0].Vault.GetText("after"));
    }

    [Fact]
    public async Task A_damaged_log_is_not_called_repaired_by_a_repair_that_heard_no_peer()
    {
        using var test = TestVault.Create();
        for (int i = 0; i < 6; i++) test.Vault.Put("k" + i, new string('x', 2_000) + i);
        test.Reopen();
        string log = Path.Combine(test.Folder, "log", "0001.log");
        Flip(log, File.ReadAllBytes(log).AsSpan().LastIndexOfAnyExcept((byte)0) / 2); // behind what was written stands room that was zeroed ahead
        var alone = await Repairer.RunAsync(test.Vault, new NodeOptions(), from: null);
        Assert.NotEmpty(alone.Damaged);
        Assert.True(alone.Repaired < alone.Damaged.Count, "nobody had what was lost");
        var unreached = await Repairer.RunAsync(test.Vault, new NodeOptions(), "127.0.0.1:1");
        Assert.True(unreached.Repaired < unreached.Damaged.Count, "no peer was reached");
        var after = Verifier.Run(test.Vault, new VerifyOptions());
        Assert.NotEmpty(after.Damaged);
        Assert.Empty(after.Healed);
        Assert.Equal(0, test.Vault.HealedRanges);
    }

    private static byte[] Noise(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }

    private static void Flip(string path, long offset)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = offset;
        int b = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(b ^ 0x10));
    }
}
