using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Tests.Specifications;

/// <summary>The fixed inputs of all examples. Every one is a run of counting bytes, so a reader can type it.</summary>
internal static class Fixed
{
    /// <summary>2026-01-01T00:00:00Z in milliseconds.</summary>
    public const long Now = 1_767_225_600_000;

    public static readonly byte[] EpochSecret = Counting(0x00);

    public static readonly byte[] FounderSeed = Counting(0x20), FounderExchange = Counting(0x40), GenesisRandom = Counting(0x60);

    public static readonly byte[] JoinerSeed = Counting(0x80), JoinerExchange = Counting(0xa0);

    public static readonly LogId DataLog = new(Counting(0xc0, 16)), MembershipLog = new(Counting(0xd0, 16));

    /// <summary>length bytes: start, start + 1, … mod 256.</summary>
    public static byte[] Counting(int start, int length = 32) => [.. Enumerable.Range(start, length).Select(b => (byte)b)];

    public static SecretKey Secret(byte[] bytes) => new(bytes);

    public static DeviceKeys Founder() => Device(FounderSeed, FounderExchange);

    public static DeviceKeys Joiner() => Device(JoinerSeed, JoinerExchange);

    public static GenesisRecord Genesis()
    {
        using var founder = Founder();
        return new(new(GenesisRandom), founder.Device, founder.ExchangeKey, MembershipPolicy.EveryFullMember);
    }

    public static VaultId Vault { get; } = Genesis().ComputeVaultId();

    public static EpochKeys Epoch()
    {
        using var secret = Secret(EpochSecret);
        return new EpochKeys(secret, Vault);
    }

    /// <summary>Answers with runs of counting bytes: the first call from <paramref name="start"/>, each later one 16 further.</summary>
    public static IRandomSource Random(int start) => new CountingRandom(start);

    private static DeviceKeys Device(byte[] seed, byte[] exchange)
    {
        using var s = Secret(seed);
        using var x = Secret(exchange);
        return new DeviceKeys(s, x);
    }

    private sealed class CountingRandom(int start) : IRandomSource
    {
        private int _next = start;

        public void Fill(Span<byte> destination)
        {
            Counting(_next, destination.Length).CopyTo(destination);
            _next += 16;
        }
    }
}
