using System.Security.Cryptography;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Tests.Encoding;

public class DigestTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(31, 1)]
    [InlineData(250, 243)] // 512 with the label: the last length on the stack
    [InlineData(250, 244)]
    [InlineData(70_001, 13)]
    public void Hash_of_parts_is_the_hash_of_the_joined_bytes(int first, int second)
    {
        byte[] a = RandomNumberGenerator.GetBytes(first), b = RandomNumberGenerator.GetBytes(second);
        byte[] joined = [.. Labels.Block, .. a, .. b];
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(joined)), Digest.HashOf(Labels.Block, a, b).ToString());
        Assert.Equal(Digest.HashOf(Labels.Block, [.. a, .. b]), Digest.HashOf(Labels.Block, a, b));
    }

    [Fact]
    public void Hash_of_an_id_is_the_hash_of_its_bytes()
    {
        var id = new Id32(RandomNumberGenerator.GetBytes(32));
        Assert.Equal(Digest.HashOf(Labels.CommitSignature, id.ToArray()), Digest.HashOf(Labels.CommitSignature, id));
        Assert.Equal(BlockIds.Compute(id.ToArray()), Digest.HashOf(Labels.Block, id));
        Assert.NotEqual(Digest.Hash(id.ToArray()), Digest.HashOf(Labels.Commit, id));
    }
}
