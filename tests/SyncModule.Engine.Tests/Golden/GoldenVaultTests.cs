using SyncModule.Core.Merging;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Files;
using SyncModule.Engine.Maintenance;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Golden;

/// <summary>A vault that an earlier build made still opens, verifies and says the same.</summary>
public abstract class GoldenVaultTests : IDisposable
{
    private readonly GoldenVault _golden;
    private readonly string _folder;

    protected GoldenVaultTests(int number)
    {
        _golden = new GoldenVault(number);
        _folder = _golden.Copy();
    }

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void It_opens_by_either_key_and_says_what_it_said(bool byPassphrase)
    {
        using var vault = Open(byPassphrase);
        Assert.Equal(_golden.Expected, VaultListing.Of(vault));
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
        using var key = _golden.Key();
        return VaultCreation.Open(new FolderStores(_folder, null), file => byPassphrase ? file.UnlockWithPassphrase(_golden.Passphrase()) : file.UnlockWithKeyFile(key), TimeProvider.System, SystemRandomSource.Instance);
    }
}

/// <summary>Before content ids of long values were made from their chunks (docs/decisions/030).</summary>
public sealed class GoldenVault1Tests() : GoldenVaultTests(1);

/// <summary>Before operations on parts of an item (docs/decisions/085).</summary>
public sealed class GoldenVault2Tests() : GoldenVaultTests(2);

/// <summary>Before policies, owners and checkpoints were told of.</summary>
public sealed class GoldenVault3Tests() : GoldenVaultTests(3);

/// <summary>What today's code writes: see <see cref="GoldenStoryTests"/>. Its folder was pruned.</summary>
public sealed class GoldenVault4Tests() : GoldenVaultTests(4);
