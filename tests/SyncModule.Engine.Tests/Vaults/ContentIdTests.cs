using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Files;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>One content id for equal bytes, whichever way they come in (docs/decisions/030).</summary>
public sealed class ContentIdTests : IDisposable
{
    private readonly TestVault _vault = TestVault.Create();
    private readonly string _folder = Directory.CreateTempSubdirectory("syncmodule-content-").FullName;

    public void Dispose()
    {
        _vault.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4_096)]
    [InlineData(4_097)]
    [InlineData(16_384)]
    [InlineData(300_000)]
    [InlineData(7_000_001)]
    public void Put_import_and_a_reader_in_pieces_agree(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        File.WriteAllBytes(Path.Combine(_folder, "imported"), bytes);
        Assert.Empty(FolderImport.Run(_vault.Vault, _folder, new ImportOptions()).Problems);
        _vault.Vault.Put("items", "put", new MemoryStream(bytes, writable: false));
        var content = ContentOf("put");
        Assert.Equal(content, ContentOf("imported"));
        using var hasher = new ContentHasher(_vault.Vault.Keys);
        var random = new Random(1);
        for (int turn = 0; turn < 2; turn++)
        {
            for (int at = 0; at < length;)
            {
                int piece = Math.Min(length - at, random.Next(1, 500_000));
                hasher.Append(bytes.AsSpan(at, piece));
                at += piece;
            }

            Assert.Equal(content, hasher.Finish());
        }

        if (length == 0) return;
        bytes[^1] ^= 1;
        _vault.Vault.Put("items", "other", new MemoryStream(bytes, writable: false));
        Assert.NotEqual(content, ContentOf("other"));
    }

    private Id32 ContentOf(string key) => View.Of(_vault.Vault.Find("items", key)!).Winner!.Content!.Value;
}
