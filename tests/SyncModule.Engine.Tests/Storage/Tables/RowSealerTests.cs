using System.Security.Cryptography;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Tests.Storage.Tables;

public class RowSealerTests
{
    private static readonly byte[] SivKey = [.. Enumerable.Repeat((byte)1, 32)], KeyKey = [.. Enumerable.Repeat((byte)2, 32)];
    private static readonly RowSealer Sealer = new(SivKey, KeyKey, SyncErrors.LocalStateDamaged);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(16, 1)]
    [InlineData(7, 31)]
    [InlineData(33, 977)]
    [InlineData(16, 987)]
    [InlineData(1500, 3)]
    [InlineData(5, 1_000_003)]
    public void A_sealed_row_opens_again_and_shows_nothing(int keyLength, int bodyLength)
    {
        byte[] key = Bytes(keyLength), body = Bytes(bodyLength);
        byte[] row = Sealer.Seal(3, key, body);
        Assert.Equal(bodyLength + RowSealer.Overhead, row.Length);
        Assert.Equal(body, Sealer.Open(3, key, row));
        Assert.Equal(row, Sealer.Seal(3, key, body));
        if (bodyLength > 16) Assert.Equal(-1, row.AsSpan().IndexOf(body.AsSpan(0, 16)));
    }

    [Fact]
    public void The_bytes_are_those_of_the_construction()
    {
        byte[] aad = [9, 0xAA, 0xBB], body = "value"u8.ToArray();
        byte[] message = [0, 0, 0, 3, .. aad, .. body], siv = HMACSHA256.HashData(SivKey, message), associated = [.. aad, .. siv];
        byte[] cipher = new byte[5], tag = new byte[16];
        using (var gcm = new AesGcm(HMACSHA256.HashData(KeyKey, siv), 16)) gcm.Encrypt(new byte[12], body, cipher, tag, associated);
        Assert.Equal([.. siv, .. cipher, .. tag], Sealer.Seal(9, [0xAA, 0xBB], body));
    }

    [Fact]
    public void Every_flipped_bit_and_every_cut_is_noticed()
    {
        byte[] row = Sealer.Seal(3, [1, 2], Bytes(21));
        for (int bit = 0; bit < row.Length * 8; bit++)
        {
            row[bit / 8] ^= (byte)(1 << (bit % 8));
            Refused(3, [1, 2], row);
            row[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        for (int length = 0; length < row.Length; length++) Refused(3, [1, 2], row[..length]);
        Refused(3, [1, 2], [.. row, 0]);
    }

    [Fact]
    public void A_row_does_not_open_elsewhere_or_under_another_key()
    {
        byte[] row = Sealer.Seal(3, [1, 2], Bytes(21));
        Refused(4, [1, 2], row);
        Refused(3, [1, 3], row);
        Refused(3, [1], row);
        Refused(3, [1, 2, 0], row);
        using var other = new RowSealer(SivKey, SivKey, SyncErrors.IndexDamaged);
        Assert.Equal("IndexDamaged", Assert.Throws<SyncException>(() => other.Open(3, [1, 2], row)).ErrorId);
    }

    [Fact]
    public void A_disposed_sealer_seals_nothing()
    {
        var sealer = new RowSealer(SivKey, KeyKey, SyncErrors.IndexDamaged);
        sealer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => sealer.Seal(1, [1], [1]));
    }

    private static void Refused(byte table, byte[] key, byte[] row) =>
        Assert.Equal("LocalStateDamaged", Assert.Throws<SyncException>(() => Sealer.Open(table, key, row)).ErrorId);

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }
}
