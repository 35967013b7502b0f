using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

public sealed class LocalTaggerTests
{
    [Fact]
    public void Many_row_keys_at_once_are_those_of_one_by_one()
    {
        using var test = TestVault.Create();
        var random = new Random(5);
        foreach (int count in (int[])[0, 1, 3, 4, 63, 64, 65, 300])
        {
            string[] names = [.. Enumerable.Range(0, count).Select(i => i % 9 == 8 ? new string('ü', random.Next(2000)) : "n" + new string('x', random.Next(90)) + i)];
            var tagger = new LocalTagger(test.Vault.Keys, "/home/grün");
            Assert.Equal(names.Select(n => test.Vault.Keys.LocalTag("/home/grün", n)), tagger.Of(names));
        }
    }

    [Fact]
    public void Many_content_MACs_at_once_are_those_of_one_by_one()
    {
        using var test = TestVault.Create();
        var genesis = test.Vault.Keys.Genesis;
        foreach (int count in (int[])[0, 1, 7, 8, 64, 65, 130])
        {
            Id32[] hashes = [.. Enumerable.Range(0, count).Select(i => Digest.Hash([(byte)i]))];
            var contents = new Id32[count];
            genesis.ContentsOf(hashes, contents);
            Assert.Equal(hashes.Select(h => genesis.ContentOf(h)), contents);
        }
    }
}
