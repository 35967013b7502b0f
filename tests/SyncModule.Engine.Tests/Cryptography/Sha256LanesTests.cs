using System.Security.Cryptography;
using System.Text;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Tests.Cryptography;

/// <summary>The lanes against the standard's own examples and against the library, with every length and mixed lanes.</summary>
public sealed class Sha256LanesTests
{
    [LanesTheory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")]
    public void The_examples_of_FIPS_180_4_come_out(string message, string digest)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(message);
        var digests = new Id32[8];
        Sha256Lanes.Hash(bytes, [.. Enumerable.Repeat(new LaneMessage(0, bytes.Length), 8)], digests);
        Assert.All(digests, d => Assert.Equal(digest, d.ToString()));
    }

    [LanesTheory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(8)]
    public void Every_length_gives_what_the_library_gives(int lanes)
    {
        var random = new Random(lanes);
        var buffer = new byte[8192];
        random.NextBytes(buffer);
        for (int length = 0; length <= 300; length++) Compare(buffer, [.. Enumerable.Range(0, lanes).Select(i => new LaneMessage(random.Next(1000), length))]);
    }

    [LanesFact]
    public void Lanes_of_unlike_lengths_do_not_disturb_each_other()
    {
        var random = new Random(5);
        var buffer = new byte[70_000];
        random.NextBytes(buffer);
        for (int i = 0; i < 2_000; i++)
        {
            int most = 1 << random.Next(1, 16);
            Compare(buffer, [.. Enumerable.Range(0, random.Next(1, 9)).Select(_ => new LaneMessage(random.Next(1000), random.Next(most)))]);
        }
    }

    [Fact]
    public void Macs_of_any_number_of_messages_are_the_librarys()
    {
        var random = new Random(6);
        var buffer = new byte[5_000];
        random.NextBytes(buffer);
        for (int count = 0; count <= 70; count++)
        {
            byte[] key = new byte[32];
            random.NextBytes(key);
            using var lanes = new HmacLanes(key);
            LaneMessage[] messages = [.. Enumerable.Range(0, count).Select(_ => new LaneMessage(random.Next(1000), random.Next(4000)))];
            var macs = new Id32[count];
            lanes.Compute(buffer, messages, macs);
            Assert.Equal(messages.Select(m => new Id32(HMACSHA256.HashData(key, buffer.AsSpan(m.Offset, m.Length)))), macs);
            Lanes.Hash(buffer, messages, macs);
            Assert.Equal(messages.Select(m => new Id32(SHA256.HashData(buffer.AsSpan(m.Offset, m.Length)))), macs);
        }
    }

    [Fact]
    public void A_message_outside_the_buffer_and_a_key_of_another_length_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new HmacLanes(new byte[31]));
        if (!Sha256Lanes.IsSupported) return;
        Assert.Throws<ArgumentOutOfRangeException>(() => Sha256Lanes.Hash(new byte[10], [new(5, 6)], new Id32[1]));
        Assert.Throws<ArgumentException>(() => Sha256Lanes.Hash(new byte[10], new LaneMessage[9], new Id32[9]));
    }

    [Fact]
    public void Mixed_lengths_as_chunks_have_them_are_hashed_right_however_they_are_shared_out()
    {
        var random = new Random(7);
        var buffer = new byte[3 << 20];
        random.NextBytes(buffer);
        for (int i = 0; i < 40; i++)
        {
            LaneMessage[] messages = [.. Enumerable.Range(0, random.Next(1, 300)).Select(_ => new LaneMessage(random.Next(1 << 20), random.Next(1 << random.Next(1, 18))))];
            var digests = new Id32[messages.Length];
            Lanes.Hash(buffer, messages, digests);
            Assert.Equal(messages.Select(m => new Id32(SHA256.HashData(buffer.AsSpan(m.Offset, m.Length)))), digests);
        }
    }

    [Fact]
    public void Many_messages_outside_the_buffer_are_refused_too()
    {
        LaneMessage[] messages = [.. Enumerable.Repeat(new LaneMessage(0, 100), 40)];
        messages[33] = new(50, 51);
        Assert.Throws<ArgumentOutOfRangeException>(() => Lanes.Hash(new byte[100], messages, new Id32[40]));
        using var macs = new HmacLanes(new byte[32]);
        Assert.Throws<ArgumentOutOfRangeException>(() => macs.Compute(new byte[100], messages, new Id32[40]));
    }

    private static void Compare(byte[] buffer, LaneMessage[] messages)
    {
        var digests = new Id32[messages.Length];
        Sha256Lanes.Hash(buffer, messages, digests);
        for (int i = 0; i < messages.Length; i++) Assert.Equal(new Id32(SHA256.HashData(buffer.AsSpan(messages[i].Offset, messages[i].Length))), digests[i]);
    }
}

/// <summary>Skipped, and said so, where the processor has no AVX2.</summary>
internal sealed class LanesFactAttribute : FactAttribute
{
    public LanesFactAttribute() => Skip = Sha256Lanes.IsSupported ? null : "needs AVX2";
}

/// <inheritdoc cref="LanesFactAttribute"/>
internal sealed class LanesTheoryAttribute : TheoryAttribute
{
    public LanesTheoryAttribute() => Skip = Sha256Lanes.IsSupported ? null : "needs AVX2";
}
