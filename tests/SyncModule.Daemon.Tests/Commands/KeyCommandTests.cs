using SyncModule.Daemon.Tests.Processes;

namespace SyncModule.Daemon.Tests.Commands;

/// <summary>What opens a folder, changed by <c>mirord key</c>.</summary>
public class KeyCommandTests
{
    [Fact]
    public void A_passphrase_is_changed_and_a_key_file_added_and_removed_again()
    {
        using var play = new Playground(withVault: false);
        string old = play.Write("old", "correct horse battery\n"), next = play.Write("new", "staple of another kind\n");
        play.Run("init", play.Vault, "--device", "desk", "--passphrase-file", old, "--argon2-memory", "19").Ok();
        play.Run("put", play.Vault, "kept", "--value", "here", "--passphrase-file", old).Ok();

        string told = play.Run("key", "passphrase", play.Vault, "--passphrase-file", old, "--new-passphrase-file", next, "--argon2-memory", "19").Ok().Text;
        Assert.Contains("An old copy of vault.json still opens with the old passphrase", told, StringComparison.Ordinal);
        play.Run("ls", play.Vault, "--passphrase-file", old).Failed("WrongPassphrase");
        Assert.Equal("here", play.Run("get", play.Vault, "kept", "--passphrase-file", next).Ok().Text);

        var added = play.Run("key", "keyfile", play.Vault, play.KeyFile, "--passphrase-file", next, "--json").Ok();
        Assert.Equal(["passphrase", "keyfile"], added.Lines.SkipLast(1).Select(l => l.GetProperty("type").GetString()));
        Assert.Equal((19, 2), (added.Lines[0].GetProperty("memoryMiB").GetInt32(), added.Summary.GetProperty("keys").GetInt32()));
        Assert.Equal("here", play.Run("get", play.Vault, "kept", "--key-file", play.KeyFile).Ok().Text);

        // The passphrase is lost: the key file gives another one.
        play.Run("key", "passphrase", play.Vault, "--key-file", play.KeyFile, "--new-passphrase-file", old, "--argon2-memory", "19").Ok();
        play.Run("ls", play.Vault, "--passphrase-file", next).Failed("WrongPassphrase");

        // The key file is lost: it opens nothing any more.
        string id = play.Run("key", "list", play.Vault, "--json").Ok().Lines[1].GetProperty("keyId").GetString()!;
        play.Run("key", "remove", play.Vault, id[..8], "--passphrase-file", old).Ok();
        play.Run("ls", play.Vault, "--key-file", play.KeyFile).Failed("WrongKeyFile");
        play.Run("key", "remove", play.Vault, "passphrase", "--passphrase-file", old).Failed("UsageWrong", exitCode: 64);
        play.Run("key", "remove", play.Vault, id[..8], "--passphrase-file", old).Failed("UsageWrong", exitCode: 64);
        Assert.Equal("here", play.Run("get", play.Vault, "kept", "--passphrase-file", old).Ok().Text);
    }

    [Fact]
    public void What_cannot_be_done_changes_nothing()
    {
        using var play = new Playground();
        byte[] before = File.ReadAllBytes(Path.Combine(play.Vault, "vault.json"));
        string next = play.Write("new", "staple of another kind\n");
        play.Run("key", "passphrase", play.Vault).Failed("VaultLocked");
        play.RunLocked("key", "passphrase", play.Vault, "--new-passphrase-file", next).Failed("VaultLocked");
        play.Run("key", "passphrase", play.Vault, "--new-passphrase-file", play.PathOf("absent")).Failed("FileNotFound");
        play.Run("key", "passphrase", play.Vault, "--new-passphrase-file", next, "--argon2-memory", "5").Failed("UsageWrong", exitCode: 64);
        play.RunLocked("key", "passphrase", play.Vault, "--passphrase-file", next, "--new-passphrase-file", next).Failed("WrongPassphrase");
        Assert.Contains("does not lock out", play.Run("key", "passphrase", play.Vault, "--new-passphrase-file", next, "--compromised").Failed("UsageWrong", exitCode: 64).Error, StringComparison.Ordinal);
        play.Run("key", "keyfile", play.Vault, Path.Combine(play.Vault, "inside.key")).Failed("UsageWrong", exitCode: 64);
        play.Run("key", "keyfile", play.Vault, play.PathOf("nowhere/x.key")).Failed("FileUnreadable");
        play.RunLocked("key", "keyfile", play.Vault, play.PathOf("other.key"), "--key-file", play.PathOf("absent")).Failed("FileNotFound");
        Assert.False(File.Exists(play.PathOf("other.key")));
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(play.Vault, "vault.json")));
    }

    [Fact]
    public async Task Processes_that_change_keys_at_once_lose_none()
    {
        using var play = new Playground();
        var runs = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => (Key: play.PathOf($"{i}.key"), Result: play.Run("key", "keyfile", play.Vault, play.PathOf($"{i}.key")))))).ConfigureAwait(true);
        Assert.Contains(runs, r => r.Result.ExitCode == 0);
        foreach (var (key, result) in runs)
        {
            if (result.ExitCode == 0) play.RunLocked("ls", play.Vault, "--key-file", key).Ok();
            else
            {
                result.Failed("VaultKeysChanged");
                Assert.False(File.Exists(key));
            }
        }

        play.Run("ls", play.Vault).Ok();
    }
}
