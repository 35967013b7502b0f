using System.Security.Cryptography;
using System.Text;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Tests.Vaults;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Cryptography;

/// <summary>The sixteen lanes against the standard's own examples and against the library: every length, every number of messages, every split into parts.</summary>
public sealed unsafe class Sha256Lanes16Tests
{
    [WideLanesTheory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")]
    [InlineData("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu", "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1")]
    public void The_examples_of_FIPS_180_4_come_out(string message, string digest)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(message);
        Assert.All(Hash([.. Enumerable.Repeat(new Part(0, 0, 0, bytes.Length, 0), 16)], bytes), d => Assert.Equal(digest, d.ToString()));
    }

    [WideLanesFact]
    public void Every_length_gives_what_the_library_gives()
    {
        var random = new Random(1);
        byte[] buffer = Bytes(random, 8192);
        for (int length = 0; length <= 300; length++) Compare(buffer, [.. Enumerable.Range(0, 16).Select(_ => new Part(0, 0, random.Next(1000), length, 0))]);
    }

    [WideLanesFact]
    public void Any_number_of_messages_of_mixed_lengths_gives_what_the_library_gives()
    {
        var random = new Random(2);
        byte[] buffer = Bytes(random, 70_000);
        for (int i = 0; i < 1_000; i++)
        {
            int most = 1 << random.Next(1, 16);
            Compare(buffer, [.. Enumerable.Range(0, random.Next(0, 60)).Select(_ => new Part(0, 0, random.Next(1000), random.Next(most), 0))]);
        }
    }

    [WideLanesFact]
    public void Messages_in_parts_are_hashed_as_one()
    {
        var random = new Random(3);
        byte[] buffer = Bytes(random, 8192);
        for (int i = 0; i < 2_000; i++)
        {
            Compare(buffer, [.. Enumerable.Range(0, random.Next(1, 40)).Select(_ => new Part(random.Next(1000), random.Next(150), random.Next(1000), random.Next(400), random.Next(2) * random.Next(300)))]);
        }

        // Each place at which one part can end and the next begin.
        for (int head = 0; head <= 130; head++) Compare(buffer, [.. Enumerable.Range(0, 131).Select(zeros => new Part(7, head, 500, 130 - head, zeros))]);
    }

    [WideLanesFact]
    public void A_chaining_value_goes_on_where_it_ended()
    {
        var random = new Random(4);
        byte[] buffer = Bytes(random, 4096);
        var state = new uint[8];
        Sha256Lanes.Absorb(buffer.AsSpan(0, 64), state);
        var digests = new Id32[20];
        fixed (byte* bytes = buffer)
        {
            var messages = new LaneParts[20];
            for (int i = 0; i < 20; i++) messages[i] = new(bytes + 64, 100 * i);
            Sha256Lanes16.Hash(state, 64, messages, [.. Enumerable.Range(0, 20)], digests);
        }

        for (int i = 0; i < 20; i++) Assert.Equal(new Id32(SHA256.HashData(buffer.AsSpan(0, 64 + (100 * i)))), digests[i]);
    }

    [Fact]
    public void Plain_keys_and_tags_of_many_are_those_of_each()
    {
        var random = new Random(5);
        byte[] buffer = Bytes(random, 600_000);
        using var vault = TestVault.Create();
        using var tagger = new DedupTagger(vault.Vault.Keys);
        for (int count = 0; count <= 300; count = (count * 5 / 4) + 1)
        {
            LaneMessage[] plains = [.. Enumerable.Range(0, count).Select(_ => new LaneMessage(random.Next(300_000), random.Next(1 << random.Next(1, 18))))];
            var tags = new List<DedupTag>();
            tagger.Of(ObjectKind.Chunk, buffer, plains, tags);
            Assert.Equal(plains.Select(p => tagger.Of(ObjectKind.Chunk, buffer.AsSpan(p.Offset, p.Length))), tags);
        }
    }

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static void Compare(byte[] buffer, Part[] parts)
    {
        var expected = parts.Select(p => new Id32(SHA256.HashData([.. buffer.AsSpan(p.Head, p.HeadLength), .. buffer.AsSpan(p.Body, p.BodyLength), .. new byte[p.Zeros]])));
        Assert.Equal(expected, Hash(parts, buffer));
    }

    private static Id32[] Hash(Part[] parts, byte[] buffer)
    {
        var messages = new LaneParts[parts.Length];
        var digests = new Id32[parts.Length];
        fixed (byte* bytes = buffer)
        {
            for (int i = 0; i < parts.Length; i++) messages[i] = new(bytes + parts[i].Head, parts[i].HeadLength, bytes + parts[i].Body, parts[i].BodyLength, parts[i].Zeros);
            Sha256Lanes16.Hash(Sha256Lanes.Initial, 0, messages, [.. Enumerable.Range(0, parts.Length).Reverse()], digests);
        }

        return digests;
    }

    // Offsets and lengths in a buffer.
    private readonly record struct Part(int Head, int HeadLength, int Body, int BodyLength, int Zeros);
}

/// <summary>Skipped, and said so, where the processor has no AVX-512.</summary>
internal sealed class WideLanesFactAttribute : FactAttribute
{
    public WideLanesFactAttribute() => Skip = Sha256Lanes16.IsSupported ? null : "needs AVX-512";
}

/// <inheritdoc cref="WideLanesFactAttribute"/>
internal sealed class WideLanesTheoryAttribute : TheoryAttribute
{
    public WideLanesTheoryAttribute() => Skip = Sha256Lanes16.IsSupported ? null : "needs AVX-512";
}
