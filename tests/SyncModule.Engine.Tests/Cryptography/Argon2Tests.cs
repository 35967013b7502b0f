using SyncModule.Core.Encoding;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Tests.Cryptography;

public class Argon2Tests
{
    [Fact]
    public void The_derived_key_is_the_one_of_the_reference_implementation()
    {
        // argon2id, version 1.3: "password", salt 00 01 … 0f, m = 19,456 KiB, t = 2, p = 1, made with the reference C library.
        byte[] salt = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];
        using var key = new Argon2Parameters(19_456, 2).Derive("password"u8, salt);
        Assert.Equal("39903a34cd393876436e671cd690dfe8ab9ce7b13459a7e04ec0e4f0694ddb0d", Convert.ToHexStringLower(key.Span));
        using var typed = Passphrase.Derive("password", new Argon2Parameters(19_456, 2), salt);
        Assert.Equal(key.Span.ToArray(), typed.Span.ToArray());
    }

    [Theory]
    [InlineData(19_455, 2)]
    [InlineData(19_456, 1)]
    [InlineData(1_048_577, 2)]
    [InlineData(1_048_576, 5)]
    [InlineData(19_456, 17)]
    [InlineData(int.MinValue, int.MinValue)]
    public void Nothing_is_allocated_for_parameters_out_of_bounds(int memory, int passes) =>
        Assert.Throws<VaultFormatException>(() => new Argon2Parameters(memory, passes).Derive("x"u8, new byte[16]));
}
