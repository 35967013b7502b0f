using SyncModule.Core.Model;
using SyncModule.Engine.Maintenance;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>
/// The last group of the log, rotten: the log alone takes it for one that was never finished, and would cut it off. The index had it.
/// (tests/large.sh bits found that a flip in its header went unnoticed.)
/// </summary>
public sealed class LostEndTests
{
    private const int Header = 24; // magic 8, number 8, length 4, sum 4

    [Fact]
    public void A_flipped_bit_in_the_last_groups_header_is_told_and_nothing_is_cut_off()
    {
        for (int at = 0; at < Header; at++)
        {
            using var test = TestVault.Create();
            test.Vault.Put("kept", "1");
            test.Vault.Put("lost", "2");
            test.Vault.Dispose();
            string path = Path.Combine(test.Folder, VaultPaths.LogFolder, "0001.log");
            byte[] bytes = File.ReadAllBytes(path);
            int last = bytes.AsSpan().LastIndexOf(bytes.AsSpan(5, 8)); // the magic is the beginning of the segment's random
            Flip(path, last + at);

            test.Reopen();
            Assert.Equal("1", test.Vault.GetText("kept"));
            Assert.NotEmpty(Verifier.Run(test.Vault, new VerifyOptions()).Damaged);
            test.Vault.Put("after", "3");
            Assert.Equal(2, test.Vault.HeldVector(Lane.Data).Count); // the old log may have had more: the device goes on in a new one

            // Whoever opens it next is told as well, and the bytes are still there: with the bit put right everything is back.
            test.Reopen();
            Assert.NotEmpty(Verifier.Run(test.Vault, new VerifyOptions()).Damaged);
            test.Vault.Dispose();
            Flip(path, last + at);
            foreach (string file in Directory.GetFiles(test.Folder, "index.db*")) File.Delete(file);
            test.Reopen();
            Assert.Equal("2", test.Vault.GetText("lost"));
            Assert.Equal("3", test.Vault.GetText("after"));
        }
    }

    private static void Flip(string path, int at)
    {
        using var file = new FileStream(path, FileMode.Open);
        file.Position = at;
        int value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ 4));
    }
}
