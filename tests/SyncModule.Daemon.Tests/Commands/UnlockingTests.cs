using SyncModule.Daemon.Tests.Processes;
using SyncModule.Tests.Shared;

namespace SyncModule.Daemon.Tests.Commands;

/// <summary>Which key is taken, what is refused, and that nobody is ever asked in a pipe.</summary>
public class UnlockingTests
{
    private const string Passphrase = "correct horse battery staple";

    [Fact]
    public void A_passphrase_file_makes_and_opens_a_vault_with_one_newline_cut()
    {
        using var play = new Playground(withVault: false);
        string file = play.Write("pass", Passphrase + "\n");
        play.Run("init", play.Vault, "--device", "desk", "--passphrase-file", file, "--argon2-memory", "19").Ok();
        play.RunLocked("ls", play.Vault, "--passphrase-file", play.Write("same", Passphrase)).Ok();
        play.RunLocked("ls", play.Vault, "--passphrase-file", play.Write("windows", Passphrase + "\r\n")).Ok();
        play.RunLocked("ls", play.Vault, "--passphrase-file", play.Write("two", Passphrase + "\n\n")).Failed("WrongPassphrase");
        play.Environment["SYNCMODULE_PASSPHRASE"] = Passphrase;
        play.Run("ls", play.Vault).Ok();
        play.Environment["SYNCMODULE_PASSPHRASE"] = "wrong";
        var wrong = play.Run("ls", play.Vault).Failed("WrongPassphrase");
        Assert.DoesNotContain("wrong\n", wrong.Error, StringComparison.Ordinal);
        play.Run("ls", play.Vault, "--passphrase-file", file).Ok();
    }

    [Fact]
    public void A_vault_may_have_a_passphrase_and_a_key_file_and_either_opens_it()
    {
        using var play = new Playground(withVault: false);
        string file = play.Write("pass", Passphrase);
        play.Run("init", play.Vault, "--device", "desk", "--passphrase-file", file, "--key-file", play.KeyFile, "--argon2-memory", "19").Ok();
        play.RunLocked("digest", play.Vault, "--passphrase-file", file).Ok();
        play.RunLocked("digest", play.Vault, "--key-file", play.KeyFile).Ok();
    }

    [Fact]
    public void Without_a_key_nothing_is_asked_in_a_pipe()
    {
        using var play = new Playground();
        Assert.Empty(play.RunLocked("ls", play.Vault).Failed("VaultLocked").Output);
        play.RunLocked("init", play.PathOf("other"), "--device", "desk").Failed("VaultLocked");
        Assert.False(Directory.Exists(play.PathOf("other")));
    }

    [Fact]
    public void A_key_file_of_another_vault_is_refused()
    {
        using var play = new Playground();
        play.Run("init", play.PathOf("other"), "--device", "desk", "--key-file", play.PathOf("other.key")).Ok();
        play.RunLocked("ls", play.Vault, "--key-file", play.PathOf("other.key")).Failed("WrongKeyFile");
        play.RunLocked("ls", play.Vault, "--key-file", play.Write("text", "no key\n")).Failed(OperatingSystem.IsWindows() ? "KeyFileInvalid" : "KeyFileExposed");
        play.RunLocked("ls", play.Vault, "--key-file", play.PathOf("absent")).Failed("FileNotFound");
    }

    [Fact]
    public void An_existing_key_file_may_open_a_second_vault()
    {
        using var play = new Playground();
        play.Run("init", play.PathOf("second"), "--device", "desk", "--key-file", play.KeyFile).Ok();
        play.RunLocked("ls", play.PathOf("second"), "--key-file", play.KeyFile).Ok();
    }

    [UnixTheory]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite)]
    public void A_key_file_that_others_can_reach_is_refused_with_the_command_that_mends_it(UnixFileMode mode)
    {
        using var play = new Playground();
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(play.KeyFile, mode);
        var result = play.Run("ls", play.Vault).Failed("KeyFileExposed");
        Assert.Contains($"chmod 600 {play.KeyFile}", result.Error, StringComparison.Ordinal);
        var init = play.Run("init", play.PathOf("new"), "--device", "d", "--key-file", play.KeyFile).Failed("KeyFileExposed");
        Assert.Contains("chmod 600", init.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_folders_and_files_have_their_own_errors()
    {
        using var play = new Playground();
        play.Run("ls", play.PathOf("nowhere")).Failed("VaultNotFound");
        Directory.CreateDirectory(play.PathOf("empty"));
        play.Run("ls", play.PathOf("empty")).Failed("VaultNotFound");
        play.Run("init", play.Vault, "--device", "d", "--key-file", play.KeyFile).Failed("VaultExists");
        Directory.CreateDirectory(play.PathOf("full"));
        play.Write("full/letter.txt", "mine");
        play.Run("init", play.PathOf("full"), "--device", "d", "--key-file", play.PathOf("full.key")).Failed("FolderNotEmpty");
        Assert.False(File.Exists(play.PathOf("full.key")));
        Assert.Equal("mine", File.ReadAllText(play.PathOf("full/letter.txt")));
        play.Run("init", play.PathOf("named"), "--device", "a\nb", "--key-file", play.PathOf("n.key")).Failed("NameInvalid");
    }

    [Theory]
    [InlineData("", "VaultDamaged")]
    [InlineData("garbage", "VaultDamaged")]
    [InlineData("{}", "VaultDamaged")]
    [InlineData("[1,2", "VaultDamaged")]
    public void A_vault_file_that_is_no_vault_file_is_refused(string content, string errorId)
    {
        using var play = new Playground();
        File.WriteAllText(Path.Combine(play.Vault, "vault.json"), content);
        play.Run("ls", play.Vault).Failed(errorId);
    }

    [Fact]
    public void A_newer_format_asks_for_an_update()
    {
        using var play = new Playground();
        string path = Path.Combine(play.Vault, "vault.json");
        string json = File.ReadAllText(path);
        string newer = System.Text.RegularExpressions.Regex.Replace(json, "(\"format\"\\s*:\\s*)1", "${1}99", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1));
        Assert.NotEqual(json, newer);
        File.WriteAllText(path, newer);
        play.Run("ls", play.Vault).Failed("FormatUnknown");
    }
}
