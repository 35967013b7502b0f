using SyncModule.Core.Merging;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Files;
using SyncModule.Engine.Maintenance;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Golden;

/// <summary>A vault that an earlier build made still opens, verifies and says the same.</summary>
public sealed class GoldenVaultTests : IDisposable
{
    private readonly string _folder = GoldenVault.Copy();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void It_opens_by_either_key_and_says_what_it_said(bool byPassphrase)
    {
        using var vault = Open(byPassphrase);
        Assert.Equal(GoldenVault.Expected, VaultListing.Of(vault));
        var result = Verifier.Run(vault, new VerifyOptions(ReadData: true));
        Assert.Empty(result.Damaged);
        Assert.True(result.StateFits);
    }

    [Fact]
    public void It_can_be_exported_and_written_to()
    {
        string target = _folder + "-export";
        using var vault = Open(byPassphrase: false);
        var result = FolderExport.Run(vault, target, new ExportOptions());
        Assert.True(result.Files > 10);
        foreach (var item in vault.Items().Where(i => i.Collection == "items" && View.Of(i).Winner?.Metadata?.Text("type") is "file"))
        {
            byte[] expected = [.. vault.ReadValue(View.Of(item).Winner!.Value!).SelectMany(p => p)];
            Assert.Equal(expected, File.ReadAllBytes(Path.Combine(target, item.Key)));
        }

        Directory.Delete(target, recursive: true);
        var before = vault.AppliedVector();
        vault.Put("items", "new", new MemoryStream([1]));
        // The folder is a copy: what is written goes into a new log, never behind the kept one.
        Assert.Equal(before.Count + 1, vault.AppliedVector().Count);
    }

    private Vault Open(bool byPassphrase)
    {
        using var key = GoldenVault.Key();
        return VaultCreation.Open(new FolderStores(_folder, null), file => byPassphrase ? file.UnlockWithPassphrase(GoldenVault.Passphrase()) : file.UnlockWithKeyFile(key), TimeProvider.System, SystemRandomSource.Instance);
    }
}
