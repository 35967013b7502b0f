using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SyncModule.Core.Encoding;
using SyncModule.Engine.Cryptography;
using SyncModule.Tests.Shared;

namespace SyncModule.Engine.Tests.Cryptography;

public class ZstdTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4_097)]
    [InlineData(15 * 1024 * 1024)]
    public void What_is_compressed_decompresses_to_exactly_its_length_only(int length)
    {
        byte[] plain = new byte[length];
        new Random(length).NextBytes(plain.AsSpan(0, length / 2));
        byte[] packed = new byte[length + 1024];
        Assert.True(Zstd.TryCompress(plain, packed, 1, out int written));
        packed = packed[..written];
        byte[] back = new byte[length];
        Zstd.Decompress(packed, back);
        Assert.True(plain.AsSpan().SequenceEqual(back));
        Assert.Throws<VaultFormatException>(() => Zstd.Decompress(packed, new byte[length + 1]));
        if (length > 0) Assert.Throws<VaultFormatException>(() => Zstd.Decompress(packed, new byte[length - 1]));
    }

    [Fact]
    public void What_does_not_fit_is_said()
    {
        Assert.False(Zstd.TryCompress(RandomNumberGenerator.GetBytes(1000), new byte[900], 1, out int written));
        Assert.Equal(0, written);
    }

    [Fact]
    public void Two_frames_a_skippable_frame_trailing_bytes_and_a_cut_are_refused()
    {
        byte[] packed = new byte[200];
        Assert.True(Zstd.TryCompress(new byte[100], packed, 1, out int written));
        byte[] frame = packed[..written];
        byte[] skippable = [0x50, 0x2A, 0x4D, 0x18, 0, 0, 0, 0];
        foreach (byte[] bad in new byte[][] { [.. frame, .. frame], [.. skippable, .. frame], [.. frame, .. skippable], [.. frame, 0], frame[..^1], [] })
        {
            Assert.Throws<VaultFormatException>(() => Zstd.Decompress(bad, new byte[100]));
            Assert.Throws<VaultFormatException>(() => Zstd.Decompress(bad, new byte[200]));
        }
    }

    [Fact]
    public void A_window_above_8_MiB_is_refused_whatever_the_content()
    {
        // magic, descriptor without content size, window byte, one last raw block of 3 bytes
        byte[] Frame(int exponent, int mantissa) => [0x28, 0xB5, 0x2F, 0xFD, 0x00, (byte)((exponent - 10) << 3 | mantissa), 0x19, 0, 0, 1, 2, 3];
        byte[] plain = new byte[3];
        Zstd.Decompress(Frame(23, 0), plain);
        Assert.Equal([1, 2, 3], plain);
        Assert.Throws<VaultFormatException>(() => Zstd.Decompress(Frame(23, 1), plain));
        Assert.Throws<VaultFormatException>(() => Zstd.Decompress(Frame(24, 0), plain));
        Assert.Throws<VaultFormatException>(() => Zstd.Decompress(Frame(41, 7), plain));
    }

    [VectorTheory("zstd")]
    [InlineData("block-128k.zst", 131_068)]
    [InlineData("empty-block.zst", 0)]
    [InlineData("rle-first-block.zst", 1024 * 1024)]
    [InlineData("zeroSeq_2B.zst", 13)]
    public void Golden_frames_decompress(string file, int length)
    {
        if (!LibraryIsStrict && string.Equals(file, "zeroSeq_2B.zst", StringComparison.Ordinal))
        {
            // A sound frame that older libraries refuse: it must be the typed error there.
            Assert.Throws<VaultFormatException>(() => Zstd.Decompress(Vectors.Bytes("zstd", "golden-decompression", file), new byte[length]));
            return;
        }

        Zstd.Decompress(Vectors.Bytes("zstd", "golden-decompression", file), new byte[length]);
        Assert.Throws<VaultFormatException>(() => Zstd.Decompress(Vectors.Bytes("zstd", "golden-decompression", file), new byte[length + 1]));
    }

    [VectorFact("zstd")]
    public void Damaged_frames_are_typed_errors()
    {
        string[] files = Directory.GetFiles(Vectors.PathOf("zstd", "golden-decompression-errors"));
        Assert.NotEmpty(files);
        foreach (string file in files)
        {
            byte[] frame = File.ReadAllBytes(file);
            int accepted = 0;
            for (int length = 0; length < 2000; length++)
            {
                // Record.Exception, not Throws: an older library may see no damage, at the frame's one own length.
                var error = Record.Exception(() => Zstd.Decompress(frame, new byte[length]));
                if (error is null) accepted++;
                else Assert.IsType<VaultFormatException>(error);
            }

            Assert.InRange(accepted, 0, LibraryIsStrict ? 0 : 1);
        }
    }

    [VectorFact("zstd")]
    public void Golden_inputs_survive_a_round_trip()
    {
        foreach (string file in Directory.GetFiles(Vectors.PathOf("zstd", "golden-compression")))
        {
            byte[] plain = File.ReadAllBytes(file), packed = new byte[plain.Length + 2048], back = new byte[plain.Length];
            Assert.True(Zstd.TryCompress(plain, packed, 1, out int written));
            Zstd.Decompress(packed.AsSpan(0, written), back);
            Assert.True(plain.AsSpan().SequenceEqual(back), file);
        }
    }

    // 1.5.6 made the decoder follow RFC 8878 in the corners that these frames are about.
    private static unsafe bool LibraryIsStrict
    {
        get
        {
            nint library = NativeLibraries.Load(NativeLibraries.Zstd, NativeLibraries.CandidatesFor(NativeLibraries.Zstd, OSPlatform.Linux));
            return ((delegate* unmanaged<uint>)NativeLibrary.GetExport(library, "ZSTD_versionNumber"))() >= 10506;
        }
    }
}
